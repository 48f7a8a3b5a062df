/** Walks a list to its end: until there is no cursor, or one comes back that was followed already. */
import { LimitError } from './errors.js';
import type { Runtime } from './runtime.js';

interface Page {
  readonly nextCursor?: string | undefined;
}

/** @throws LimitError after `limits.pages` pages. */
export async function allPages<P extends Page>(
  runtime: Runtime,
  method: string,
  fetch: (page: { cursor?: string }) => Promise<P>,
): Promise<P[]> {
  const pages: P[] = [];
  const followed = new Set<string>();
  const limit = runtime.options.limits.pages;
  let cursor: string | undefined;
  for (;;) {
    const page = await fetch(cursor === undefined ? {} : { cursor });
    pages.push(page);
    cursor = page.nextCursor;
    if (cursor === undefined) return pages;
    if (followed.has(cursor)) {
      runtime.complaints.tell(
        new Error(`the server repeats a cursor of ${method}; its list is taken to end there`),
        method,
      );
      return pages;
    }
    followed.add(cursor);
    if (pages.length >= limit) {
      throw new LimitError({
        message: `${method} on ${runtime.label} has more than ${String(limit)} pages (limits.pages)`,
        code: 'pages',
        state: runtime.state,
        retryable: false,
        executed: 'maybe',
      });
    }
  }
}
