/**
 * Subscriptions to resources (server/resources#subscriptions). The server knows one for each URI,
 * however many hold it here; it goes with the last of them, and is made again in the next session.
 */
import type { LeaseId } from '../machines/client.types.js';
import { onAbort } from './aborts.js';
import { DirectCaller, type Caller } from './caller.js';
import type { CallOptions } from './calls.js';
import { ClosedError, NotConnectedError, SessionLostError, UnsupportedError } from './errors.js';
import { configError } from './options.js';
import { patiently } from './patience.js';
import { ResourceUpdateStream, type ResourceUpdates, type ResourceUpdatesOptions } from './resource-updates.js';
import type { Runtime } from './runtime.js';
import { askAgain } from './tasks/ask-again.js';
import { whenOver } from './tenure.js';

type Holder = LeaseId | null;

interface Subscription {
  readonly uri: string;
  /** How often each lease, or the client, has asked for it. */
  readonly holders: Map<Holder, number>;
  /** The session whose server knows of it; 0 where none does. */
  generation: number;
  /** What is said of one URI is said in order, also where the transport keeps none. */
  turn: Promise<unknown>;
}

export class Subscriptions {
  readonly #runtime: Runtime;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #holders = new Map<Holder, () => void>();
  readonly #streams = new Set<ResourceUpdateStream>();
  /** The session that was last told of all of them. */
  #generation = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    runtime.notifications.on('notifications/resources/updated', ({ uri }) => {
      if (typeof uri === 'string') this.#tell(uri, 'updated');
    });
    runtime.observation.onChange(() => {
      this.#resubscribe();
    });
  }

  async subscribe(caller: Caller, uri: string | URL, options: CallOptions): Promise<void> {
    const subscription = this.#subscriptionTo(uriOf('subscribeResource()', uri));
    this.#hold(subscription, caller.leaseId);
    try {
      await this.#patiently('subscribeResource()', options, this.#inTurn(subscription, caller, options));
    } catch (error) {
      this.#letGo(subscription, caller.leaseId);
      if (isUnwanted(subscription)) this.#bringLater(subscription);
      throw error;
    }
    this.#watch(caller.leaseId);
  }

  async unsubscribe(caller: Caller, uri: string | URL, options: CallOptions): Promise<void> {
    const text = uriOf('unsubscribeResource()', uri);
    const subscription = this.#subscriptions.get(text);
    if (subscription === undefined) return unsubscribe(caller, text, options);
    this.#letGo(subscription, caller.leaseId);
    await this.#patiently('unsubscribeResource()', options, this.#inTurn(subscription, caller, options));
  }

  updates(caller: Caller, uri: string | URL | undefined, { signal }: ResourceUpdatesOptions): ResourceUpdates {
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw configError('resourceUpdates(): signal must be an AbortSignal', 'signal');
    const about = uri === undefined ? undefined : uriOf('resourceUpdates()', uri);
    const stream = new ResourceUpdateStream(about, () => {
      this.#streams.delete(stream);
      for (const forget of forgets) forget();
    });
    const forgets: (() => void)[] = [];
    this.#streams.add(stream);
    const end = (): void => {
      stream.end();
    };
    forgets.push(whenOver(this.#runtime, caller.leaseId, end, true));
    if (signal?.aborted === true) stream.fail(signal.reason as Error);
    else if (signal !== undefined) {
      const fail = (): void => {
        stream.fail(signal.reason as Error);
      };
      forgets.push(onAbort(signal, fail));
    }
    return stream;
  }

  #patiently(what: string, { timeout, signal }: CallOptions, work: Promise<void>): Promise<void> {
    return patiently(this.#runtime, what, work, { signal, timeout: timeout === 0 ? undefined : timeout });
  }

  #subscriptionTo(uri: string): Subscription {
    const known = this.#subscriptions.get(uri);
    if (known !== undefined) return known;
    const fresh: Subscription = { uri, holders: new Map(), generation: 0, turn: Promise.resolve() };
    this.#subscriptions.set(uri, fresh);
    return fresh;
  }

  #hold({ holders }: Subscription, holder: Holder): void {
    holders.set(holder, (holders.get(holder) ?? 0) + 1);
  }

  #letGo({ holders }: Subscription, holder: Holder): void {
    const times = holders.get(holder) ?? 0;
    if (times > 1) holders.set(holder, times - 1);
    else holders.delete(holder);
  }

  /** A holder whose time is over holds nothing any more. */
  #watch(holder: Holder): void {
    if (this.#holders.has(holder)) return;
    const over = { already: false };
    const forget = whenOver(this.#runtime, holder, () => {
      over.already = true;
      this.#holders.delete(holder);
      for (const subscription of [...this.#subscriptions.values()]) {
        if (!subscription.holders.delete(holder) || subscription.holders.size > 0) continue;
        this.#bringLater(subscription);
      }
    });
    if (!over.already) this.#holders.set(holder, forget);
  }

  /** Brings the server to what is wanted by then. */
  #inTurn(subscription: Subscription, caller: Caller, options: CallOptions): Promise<void> {
    const mine = subscription.turn.then(() => this.#bring(subscription, caller, options));
    subscription.turn = mine.catch(() => undefined);
    return mine;
  }

  #bringLater(subscription: Subscription): void {
    this.#inTurn(subscription, new DirectCaller(this.#runtime, null), {}).catch((error: unknown) => {
      this.#complain(error);
    });
  }

  async #bring(subscription: Subscription, caller: Caller, options: CallOptions): Promise<void> {
    const { uri } = subscription;
    const { state, snapshot } = this.#runtime;
    const isKnown = state === 'ready' && subscription.generation === snapshot.context.generation;
    if (isUnwanted(subscription)) {
      subscription.generation = 0;
      try {
        if (isKnown) await unsubscribe(caller, uri, options);
      } finally {
        // Whoever wants it meanwhile waits for this turn to end.
        if (isUnwanted(subscription)) this.#subscriptions.delete(uri);
      }
      return;
    }
    if (isKnown) return;
    this.#refuseWhereUnsupported();
    await askAgain(this.#runtime, options, (again) =>
      caller.request({
        method: 'resources/subscribe',
        params: { uri },
        name: uri,
        options: again,
        read: () => {
          this.#confirm(subscription);
        },
      }),
    );
  }

  #confirm(subscription: Subscription): void {
    const before = subscription.generation;
    subscription.generation = this.#runtime.snapshot.context.generation;
    if (before !== 0 && before !== subscription.generation) this.#tell(subscription.uri, 'resubscribed');
  }

  #refuseWhereUnsupported(): void {
    const { negotiated, label, state } = this.#runtime;
    if (negotiated === null || negotiated.capabilities.resources?.subscribe === true) return;
    throw new UnsupportedError({
      message: `subscribeResource() on ${label}: the server offers no subscriptions (resources.subscribe)`,
      code: 'unsupported_capability',
      state,
      retryable: false,
      executed: 'no',
    });
  }

  #resubscribe(): void {
    const { state, snapshot } = this.#runtime;
    const { generation } = snapshot.context;
    if (state !== 'ready' || this.#generation === generation) return;
    this.#generation = generation;
    for (const subscription of this.#subscriptions.values()) {
      // One that was never made is on its way, by whoever wants it.
      if (subscription.generation === 0 || subscription.generation === generation) continue;
      this.#bringLater(subscription);
    }
  }

  /** Of a session that is gone there is nothing to complain: the next one is told again. */
  #complain(error: unknown): void {
    const isGone =
      error instanceof SessionLostError || error instanceof ClosedError || error instanceof NotConnectedError;
    if (!isGone) this.#runtime.complaints.tell(error, 'subscribeResource');
  }

  #tell(uri: string, reason: 'updated' | 'resubscribed'): void {
    for (const stream of [...this.#streams]) stream.push({ uri, reason });
  }
}

const isUnwanted = ({ holders }: Subscription): boolean => holders.size === 0;

/** What is lost with the session is what was wanted. */
async function unsubscribe(caller: Caller, uri: string, options: CallOptions): Promise<void> {
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

function uriOf(what: string, uri: string | URL): string {
  const text = String(uri);
  if (!URL.canParse(text)) throw configError(`${what}: ${JSON.stringify(text)} is not a URI`, 'uri');
  return text;
}
