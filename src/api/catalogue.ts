/**
 * The tools of the last complete listing, by name: what their results should look like, and what they
 * were when they were looked at. It outlives sessions, until the server says that its tools have
 * changed; nothing is ever listed to fill it.
 */
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { ListedTool } from './results.js';
import { KnownTool } from './known-tool.js';

/** A listing that is under way. */
export interface Listing {
  /** The n-th of this client. */
  readonly number: number;
  /** How often the server had said by then that its tools have changed. */
  readonly announcements: number;
}

/** What a caller wants to be sure of. */
export type Expectation = 'met' | 'not listed' | 'changed';

export class Catalogue {
  #tools = new Map<string, KnownTool>();
  #last: Listing | null = null;
  /** The session that the tools are of. */
  #generation: number | undefined;
  #begun = 0;
  #announcements = 0;

  begin(): Listing {
    this.#begun += 1;
    return { number: this.#begun, announcements: this.#announcements };
  }

  /** The server says that its tools are not what was listed. */
  outdate(): void {
    this.#announcements += 1;
  }

  /** As it was listed last, whatever the server has said since. */
  last(name: string): KnownTool | undefined {
    return this.#tools.get(name);
  }

  /** Undefined where it was never listed, or may have changed since. */
  get(name: string): KnownTool | undefined {
    return this.#isOutdated ? undefined : this.#tools.get(name);
  }

  /** Were the tools of this session listed, and has the server said nothing since? */
  isOf(generation: number): boolean {
    return this.#generation === generation && !this.#isOutdated;
  }

  get #isOutdated(): boolean {
    return this.#last?.announcements !== this.#announcements;
  }

  /**
   * @param generation the session that they are of
   * @param changed told the names of tools that have become others, though the server did not say so
   * @returns the tools as whoever listed them gets them
   */
  remember(
    tools: readonly Tool[],
    listing: Listing,
    generation: number | undefined,
    changed: (names: readonly string[]) => void,
  ): ListedTool[] {
    const known = new Map(tools.map((tool) => [tool.name, this.#known(tool)]));
    // Of listings that overlap, the one that began last is the newest.
    if (this.#last === null || this.#last.number < listing.number) {
      const names = this.#changedBehindOurBack(known, generation);
      this.#tools = known;
      this.#last = listing;
      this.#generation = generation;
      if (names.length > 0) changed(names);
    }
    return tools.map((tool) => asListed(tool, known.get(tool.name)?.schemaError));
  }

  /** @param generation the session that it must be of; null: any, as long as nothing was said since */
  expect(name: string, fingerprint: string, generation: number | null): Expectation {
    const tool = this.#isOutdated ? undefined : this.#tools.get(name);
    // A server that comes again may have other tools, and nobody tells of that.
    if (tool === undefined || (generation !== null && this.#generation !== generation)) return 'not listed';
    return tool.fingerprint === fingerprint ? 'met' : 'changed';
  }

  /** What is known of a definition is kept while it is the same: its schema is compiled, and complained of, once. */
  #known(tool: Tool): KnownTool {
    const fresh = new KnownTool(tool);
    const old = this.#tools.get(tool.name);
    const isSame =
      old?.definition === fresh.definition &&
      fresh.definition !== null &&
      old.version === fresh.version &&
      old.taskSupport === fresh.taskSupport;
    if (isSame) return old;
    // Only of what is new: it takes a walk through the whole schema.
    fresh.inspect(tool);
    return fresh;
  }

  #changedBehindOurBack(known: ReadonlyMap<string, KnownTool>, generation: number | undefined): string[] {
    if (this.#generation !== generation || this.#last?.announcements !== this.#announcements) return [];
    return [...known].flatMap(([name, tool]) => {
      const old = this.#tools.get(name);
      return old === undefined || old === tool || old.fingerprint === tool.fingerprint ? [] : [name];
    });
  }
}

/** What the server calls `schemaError` is not ours. */
function asListed(tool: Tool, schemaError: string | undefined): ListedTool {
  if (schemaError === undefined && !('schemaError' in tool)) return tool;
  const listed: Tool & { schemaError?: string } = { ...tool };
  delete listed.schemaError;
  return schemaError === undefined ? listed : { ...listed, schemaError };
}
