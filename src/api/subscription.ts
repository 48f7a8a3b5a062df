/** One subscription to a resource, and what is said of it to the server. */
import type { LeaseId } from '../machines/client.types.js';
import type { Caller } from './caller.js';
import type { CallOptions } from './calls.js';
import { SessionLostError, UnsupportedError } from './errors.js';
import { configError } from './options.js';
import type { Runtime } from './runtime.js';
import { askAgain } from './tasks/ask-again.js';

/** A lease, or the client itself. */
export type Holder = LeaseId | null;

export interface Subscription {
  readonly uri: string;
  /** How it begins in what the server tells: as it was given, or as servers write what they were given. */
  readonly forms: readonly string[];
  /** How often each lease, or the client, has asked for it. */
  readonly holders: Map<Holder, number>;
  /** The session whose server knows of it; 0 where none does. */
  generation: number;
  /** The session whose server may know of it: it was asked, and nobody waited for the answer. */
  doubted: number;
  /** What is said of one URI is said in order, also where the transport keeps none. */
  turn: Promise<unknown>;
}

export const subscriptionTo = (uri: string): Subscription => ({
  uri,
  forms: [...new Set([uri, new URL(uri).href])],
  holders: new Map(),
  generation: 0,
  doubted: 0,
  turn: Promise.resolve(),
});

export const isUnwanted = ({ holders }: Subscription): boolean => holders.size === 0;

/** @throws ConfigError where it is none */
export function uriOf(what: string, uri: string | URL): string {
  const text = String(uri);
  if (!URL.canParse(text)) throw configError(`${what}: ${JSON.stringify(text)} is not a URI`, 'uri');
  return text;
}

/** @param confirmed called when the server has said yes, before anything that it says next is told */
export const askToSubscribe = (
  runtime: Runtime,
  caller: Caller,
  uri: string,
  options: CallOptions,
  confirmed: () => void,
): Promise<void> =>
  askAgain(runtime, options, (again) =>
    caller.request({ method: 'resources/subscribe', params: { uri }, name: uri, options: again, read: confirmed }),
  );

/** What is lost with the session is what was wanted. */
export async function askToUnsubscribe(caller: Caller, uri: string, options: CallOptions): Promise<void> {
  const asked = caller.request({
    method: 'resources/unsubscribe',
    params: { uri },
    name: uri,
    options,
    read: () => undefined,
  });
  await asked.catch((error: unknown) => {
    if (!(error instanceof SessionLostError)) throw error;
  });
}

export function refuseWhereUnsupported({ negotiated, label, state }: Runtime): void {
  if (negotiated === null || negotiated.capabilities.resources?.subscribe === true) return;
  throw new UnsupportedError({
    message: `subscribeResource() on ${label}: the server offers no subscriptions (resources.subscribe)`,
    code: 'unsupported_capability',
    state,
    retryable: false,
    executed: 'no',
  });
}
