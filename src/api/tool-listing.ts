/** The tools of a server, as a caller gets them and the client remembers them. */
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { Caller } from './caller.js';
import { InvalidResponseError } from './errors.js';
import { allPages, type ListOptions } from './pages.js';
import { generationOf, RawOperations } from './raw.js';
import type { ListedTool } from './results.js';
import type { Runtime } from './runtime.js';

/** @internal All pages, in one part in the session: a cursor is of the session that gave it. */
export function listedTools(runtime: Runtime, caller: Caller, options: ListOptions = {}): Promise<ListedTool[]> {
  return caller.span(async (within) => {
    const raw = new RawOperations(within);
    const listing = runtime.catalogue.begin();
    const pages = await allPages(runtime, 'tools/list', options, (page) => raw.listTools({ ...options, ...page }));
    const tools = withoutNamesakes(
      runtime,
      pages.flatMap((page) => page.tools),
    );
    const [first] = pages;
    const generation = first === undefined ? undefined : generationOf(first);
    return runtime.catalogue.remember(tools, listing, generation, (names) => {
      const what = `the server has changed what it says of ${someOf(names)}, and has not announced it`;
      complain(runtime, 'tool_changed', what);
    });
  });
}

function withoutNamesakes(runtime: Runtime, tools: readonly Tool[]): Tool[] {
  const byName = new Map<string, Tool>();
  const repeated = new Set<string>();
  for (const tool of tools) {
    if (byName.has(tool.name)) repeated.add(tool.name);
    else byName.set(tool.name, tool);
  }
  // Told once for each list: a server can repeat as many as it likes.
  if (repeated.size > 0) {
    const names = someOf([...repeated]);
    complain(runtime, 'duplicate_tool', `the server lists two tools named ${names}; the first is used`);
  }
  return [...byName.values()];
}

/** The first ten, each cut short. */
function someOf(names: readonly string[]): string {
  const list = names.slice(0, 10).map((name) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name));
  return `${list.join(', ')}${names.length > 10 ? `, and ${String(names.length - 10)} others` : ''}`;
}

function complain(runtime: Runtime, code: string, message: string): void {
  const { state, complaints } = runtime;
  complaints.tell(new InvalidResponseError({ message, code, state, retryable: false }), 'listTools');
}
