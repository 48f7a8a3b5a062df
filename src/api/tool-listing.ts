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
      const list = names.slice(0, 10).map((name) => JSON.stringify(name));
      const what = `the server has changed what it says of ${list.join(', ')}, and has not announced it`;
      complain(runtime, 'tool_changed', what);
    });
  });
}

function withoutNamesakes(runtime: Runtime, tools: readonly Tool[]): Tool[] {
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    if (byName.has(tool.name)) {
      const what = `the server lists two tools named ${JSON.stringify(tool.name)}; the first is used`;
      complain(runtime, 'duplicate_tool', what);
    } else byName.set(tool.name, tool);
  }
  return [...byName.values()];
}

function complain(runtime: Runtime, code: string, message: string): void {
  const { state, complaints } = runtime;
  complaints.tell(new InvalidResponseError({ message, code, state, retryable: false }), 'listTools');
}
