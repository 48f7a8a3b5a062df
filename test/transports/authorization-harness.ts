/** What the tests of authorization over HTTP have in common. */
import type { Authorizer } from '../../src/transports/auth/authorizer.js';
import { faults } from '../support/http-faults.js';
import type { HttpServer } from '../support/http-server.js';
import { connect, startServer, type ManualClock, type Observed } from './http-harness.js';

export const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

export const told = (seen: Observed): string[] => seen.names.filter((name) => name !== 'received');

/** A link to a server that takes one token, `first-token`. */
export async function protectedServer(
  authorizer: Authorizer,
  clock?: ManualClock,
): Promise<{ server: HttpServer; seen: Observed }> {
  const server = await startServer();
  server.always('*', faults.unlessBearer('first-token'));
  const seen = await connect(server, { options: { authorizer }, ...(clock && { clock }) });
  return { server, seen };
}

/** Nobody is asked there: the tests that use it have a `fetch` of their own. */
export const anywhere = new URL('http://127.0.0.1:9/mcp');

export const unauthorized = (): Response => new Response('', { status: 401 });

export const denial = {
  kind: 'authorization',
  code: 'login_denied',
  message: 'the user said no',
  executed: 'no',
  retryable: false,
} as const;

/** A turn of the loop: what has arrived is looked at. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A `fetch` that says in which order it was called, and answers when it is told to. */
export function recordedFetch() {
  const sent: unknown[] = [];
  const waiting = new Map<unknown, (response: Response) => void>();
  const fetch = (_: string | URL, init?: RequestInit): Promise<Response> => {
    const { id, method } = JSON.parse(init?.body as string) as { id?: unknown; method?: string };
    sent.push(id ?? method);
    return new Promise((resolve) => {
      waiting.set(id ?? method, resolve);
    });
  };
  const answer = (id: unknown, response: Response): void => {
    waiting.get(id)?.(response);
  };
  return { fetch, sent, answer };
}
