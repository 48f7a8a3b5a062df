/** Walks a list to its end: until there is no cursor, or one comes back that was followed already. */
import type { CallOptions } from './calls.js';
import { InvalidResponseError, LimitError, McpError, SessionLostError } from './errors.js';
import { configError } from './options.js';
import { generationOf } from './raw.js';
import type { Runtime } from './runtime.js';

/** Sessions that a list may be begun in. */
const ATTEMPTS = 3;

interface Page {
  readonly nextCursor?: string | null | undefined;
}

interface PageRequest extends Pick<CallOptions, 'timeout' | 'maxTotalTimeout'> {
  readonly cursor?: string;
}

/** What a caller may say of a list that is followed to its end: a `timeout` is for all of its pages together. */
export interface ListOptions extends CallOptions {
  /** Pages at the most; `Infinity` is as many as there are. Default: `limits.pages`. */
  maxPages?: number | undefined;
}

/**
 * @internal A cursor that was followed already ends the list: `onError` is told, with an `InvalidResponseError` of
 * the code `repeated_cursor`, and what was listed is given.
 *
 * @throws LimitError where there are more pages than allowed
 * @throws SessionLostError where the session is lost while a page is asked for: like any request, it is not made again
 * unasked (I8); or where one session after the other is replaced between two pages, each time beginning the list anew
 */
export async function allPages<P extends Page>(
  runtime: Runtime,
  method: string,
  options: ListOptions,
  fetch: (page: PageRequest) => Promise<P>,
): Promise<P[]> {
  const { maxPages } = options;
  if (maxPages !== undefined && !(maxPages >= 1 && (Number.isInteger(maxPages) || maxPages === Infinity)))
    throw configError(`${method}: maxPages is a whole number of pages, 1 or more, or Infinity`, 'max_pages');
  const limit = maxPages ?? runtime.options.limits.pages;
  const budget = budgetOf(runtime, options);
  const inTime = (page: PageRequest): Promise<P> => fetch({ ...page, ...budget() });
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const pages = await pagesOfOneSession(runtime, method, limit, maxPages === undefined, inTime);
    if (pages !== null) return pages;
  }
  throw restless(runtime, method);
}

/** What a caller says of time is meant for the list, however many pages it has; the client's own timeout for each page. */
function budgetOf(runtime: Runtime, { timeout, maxTotalTimeout }: ListOptions): () => Omit<PageRequest, 'cursor'> {
  const { clock } = runtime.options;
  const began = clock.now();
  const left = (of: number): number => Math.max(1, of - (clock.now() - began));
  return () => ({
    ...(usable(timeout) ? { timeout: left(timeout) } : {}),
    ...(usable(maxTotalTimeout) ? { maxTotalTimeout: left(maxTotalTimeout) } : {}),
  });
}

/** What is no time at all is refused by the first call. */
const usable = (time: number | undefined): time is number => typeof time === 'number' && time > 0;

/** Null where the session was lost on the way: its cursors mean nothing in another, or something else. */
async function pagesOfOneSession<P extends Page>(
  runtime: Runtime,
  method: string,
  limit: number,
  isOption: boolean,
  fetch: (page: PageRequest) => Promise<P>,
): Promise<P[] | null> {
  const pages: P[] = [];
  const followed = new Set<string>();
  let cursor: string | undefined;
  for (;;) {
    let page: P;
    try {
      page = await fetch(cursor === undefined ? {} : { cursor });
    } catch (error) {
      if (error instanceof McpError && isOfThePast(runtime, pages[0])) return null;
      throw error;
    }
    pages.push(page);
    if (generationOf(page) !== generationOf(pages[0] ?? page)) return null;
    cursor = page.nextCursor ?? undefined;
    if (cursor === undefined) return pages;
    if (followed.has(cursor)) {
      runtime.complaints.tell(repeated(runtime, method), method);
      return pages;
    }
    followed.add(cursor);
    if (pages.length >= limit) throw tooMany(runtime, method, limit, isOption);
  }
}

/** Its session is not the one that lives, and so not the one that refused its cursor. */
function isOfThePast(runtime: Runtime, page: Page | undefined): boolean {
  const generation = page === undefined ? undefined : generationOf(page);
  return generation !== undefined && generation !== runtime.snapshot.context.generation;
}

const repeated = (runtime: Runtime, method: string): InvalidResponseError =>
  new InvalidResponseError({
    message: `the server repeats a cursor of ${method}; its list is taken to end there`,
    code: 'repeated_cursor',
    state: runtime.state,
    retryable: false,
    executed: 'maybe',
  });

const tooMany = (runtime: Runtime, method: string, limit: number, isOption: boolean): LimitError =>
  new LimitError({
    message: `${method} on ${runtime.label} has more than ${String(limit)} pages (${isOption ? 'limits.pages' : 'maxPages'})`,
    code: 'pages',
    state: runtime.state,
    retryable: false,
    executed: 'maybe',
  });

const restless = (runtime: Runtime, method: string): SessionLostError =>
  new SessionLostError({
    message: `${method} on ${runtime.label} was begun in ${String(ATTEMPTS)} sessions, and none lived to the end of the list`,
    code: 'list_interrupted',
    state: runtime.state,
    retryable: true,
    executed: 'maybe',
    generation: runtime.snapshot.context.generation,
  });
