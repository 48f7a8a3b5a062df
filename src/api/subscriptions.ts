/**
 * Subscriptions to resources (server/resources#subscriptions). The server knows one for each URI,
 * however many hold it here; it goes with the last of them, and is made again in the next session.
 */
import type { LeaseId } from '../machines/client.types.js';
import { onAbort } from './aborts.js';
import { DirectCaller, type Caller } from './caller.js';
import type { CallOptions } from './calls.js';
import { ClosedError, LimitError, McpActorError, McpError, NotConnectedError, SessionLostError } from './errors.js';
import { configError } from './options.js';
import { patiently } from './patience.js';
import { ResourceUpdateStream, type ResourceUpdates, type ResourceUpdatesOptions } from './resource-updates.js';
import { Resubscribing } from './resubscribing.js';
import type { Runtime } from './runtime.js';
import {
  askToSubscribe,
  askToUnsubscribe,
  isUnwanted,
  refuseWhereUnsupported,
  subscriptionTo,
  uriOf,
  type Holder,
  type Subscription,
} from './subscription.js';
import { whenOver } from './tenure.js';

export class Subscriptions {
  readonly #runtime: Runtime;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #holders = new Map<LeaseId, () => void>();
  /** By the lease they were asked of, or the client. */
  readonly #streams = new Map<ResourceUpdateStream, Holder>();
  readonly #resubscribing: Resubscribing;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#resubscribing = new Resubscribing(runtime, {
      all: () => this.#subscriptions.values(),
      again: (subscription) => this.#again(subscription),
    });
    runtime.notifications.on('notifications/resources/updated', ({ uri }) => {
      if (typeof uri === 'string' && this.#isSubscribed(uri)) this.#tell(uri, 'updated');
    });
    runtime.observation.onChange(() => {
      if (runtime.snapshot.status !== 'active') this.close();
      else this.#resubscribing.look();
    });
  }

  async subscribe(caller: Caller, uri: string | URL, options: CallOptions): Promise<void> {
    const subscription = this.#subscriptionTo(uriOf('subscribeResource()', uri));
    this.#hold(subscription, caller.leaseId);
    try {
      await this.#inTurn('subscribeResource()', subscription, caller, options);
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
    if (subscription === undefined) return askToUnsubscribe(caller, text, options);
    this.#letGo(subscription, caller.leaseId);
    await this.#inTurn('unsubscribeResource()', subscription, caller, options);
  }

  updates(caller: Caller, uri: string | URL | undefined, { signal }: ResourceUpdatesOptions): ResourceUpdates {
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw configError('resourceUpdates(): signal must be an AbortSignal', 'signal');
    const about = uri === undefined ? undefined : uriOf('resourceUpdates()', uri);
    const forgets: (() => void)[] = [];
    const stream = new ResourceUpdateStream(about, this.#runtime.options.limits.updates, () => {
      this.#streams.delete(stream);
      for (const forget of forgets) forget();
    });
    this.#streams.set(stream, caller.leaseId);
    if (caller.leaseId !== null) {
      const end = (): void => {
        stream.end();
      };
      forgets.push(whenOver(this.#runtime, caller.leaseId, end));
    }
    // What is over hears nothing any more: it would never take its ear from the signal again.
    if (signal === undefined || stream.isOver) return stream;
    if (signal.aborted) stream.fail(signal.reason as Error);
    else {
      const fail = (): void => {
        stream.fail(signal.reason as Error);
      };
      forgets.push(onAbort(signal, fail));
    }
    return stream;
  }

  /** The client is closed: what it has asked for itself, and not by a lease, is over. */
  close(): void {
    for (const [stream, holder] of [...this.#streams]) if (holder === null) stream.end();
    this.#dropHolder(null);
  }

  #subscriptionTo(uri: string): Subscription {
    const known = this.#subscriptions.get(uri);
    if (known !== undefined) return known;
    const fresh = subscriptionTo(uri);
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

  /** A lease that is over holds nothing any more. The client itself is over when it is closed, and not before. */
  #watch(holder: Holder): void {
    if (holder === null || this.#holders.has(holder)) return;
    const over = { already: false };
    const forget = whenOver(this.#runtime, holder, () => {
      over.already = true;
      this.#holders.delete(holder);
      this.#dropHolder(holder);
    });
    if (!over.already) this.#holders.set(holder, forget);
  }

  #dropHolder(holder: Holder): void {
    for (const subscription of [...this.#subscriptions.values()]) {
      if (subscription.holders.delete(holder) && isUnwanted(subscription)) this.#bringLater(subscription);
    }
  }

  /**
   * Brings the server to what is wanted when it comes to it. The time is one time, from the call; where
   * something was sent, it is the request that says what became of it.
   */
  #inTurn(what: string, subscription: Subscription, caller: Caller, options: CallOptions): Promise<void> {
    const { clock, timeout: usual } = this.#runtime.options;
    const { timeout: given = 0, signal } = options;
    const timeout = given === 0 ? usual : given;
    const until = clock.now() + timeout;
    const before = subscription.turn;
    const mine = patiently(this.#runtime, what, () => before, { timeout, signal }).then(() =>
      this.#bring(subscription, caller, { ...options, timeout: Math.max(1, until - clock.now()) }),
    );
    // Who gives up waiting does not let the next one overtake those who wait.
    subscription.turn = Promise.allSettled([before, mine]).then(() => undefined);
    return mine;
  }

  /** Nobody waits for it. Gives the error of one that there was no room for. */
  async #again(subscription: Subscription): Promise<LimitError | null> {
    try {
      await this.#inTurn('subscribeResource()', subscription, new DirectCaller(this.#runtime, null), {});
    } catch (error) {
      if (error instanceof LimitError) return error;
      this.#complain(error);
    }
    return null;
  }

  #bringLater(subscription: Subscription): void {
    void this.#again(subscription).then((error) => {
      if (error !== null) this.#complain(error);
    });
  }

  async #bring(subscription: Subscription, caller: Caller, options: CallOptions): Promise<void> {
    const { state, snapshot } = this.#runtime;
    const { generation } = snapshot.context;
    const isOf = (session: number): boolean => state === 'ready' && session === generation;
    if (isUnwanted(subscription)) {
      const { generation: known, doubted } = subscription;
      subscription.generation = 0;
      subscription.doubted = 0;
      try {
        if (isOf(known)) await askToUnsubscribe(caller, subscription.uri, options);
        // It may never have known of it, and say so.
        else if (isOf(doubted)) await askToUnsubscribe(caller, subscription.uri, options).catch(() => undefined);
      } finally {
        // Whoever wants it meanwhile waits for this turn to end; a later one under this name is not this one.
        const isThis = this.#subscriptions.get(subscription.uri) === subscription;
        if (isThis && isUnwanted(subscription)) this.#subscriptions.delete(subscription.uri);
      }
      return;
    }
    if (isOf(subscription.generation)) return;
    refuseWhereUnsupported(this.#runtime);
    try {
      await askToSubscribe(this.#runtime, caller, subscription.uri, options, () => {
        this.#confirm(subscription);
      });
    } catch (error) {
      // Not answered, but perhaps done.
      if (error instanceof McpActorError && !(error instanceof McpError) && error.executed === 'maybe')
        subscription.doubted = this.#runtime.snapshot.context.generation;
      throw error;
    }
  }

  #confirm(subscription: Subscription): void {
    const before = subscription.generation;
    subscription.generation = this.#runtime.snapshot.context.generation;
    if (before !== 0 && before !== subscription.generation) this.#tell(subscription.uri, 'resubscribed');
  }

  /** Of a session that is gone there is nothing to complain: the next one is told again. */
  #complain(error: unknown): void {
    const isGone =
      error instanceof SessionLostError || error instanceof ClosedError || error instanceof NotConnectedError;
    if (!isGone) this.#runtime.complaints.tell(error, 'subscribeResource');
  }

  /** It, or something that it is a part of (server/resources#subscriptions). */
  #isSubscribed(uri: string): boolean {
    const own = this.#subscriptions.get(uri);
    if (own !== undefined && !isUnwanted(own)) return true;
    for (const subscription of this.#subscriptions.values()) {
      if (!isUnwanted(subscription) && subscription.forms.some((form) => uri.startsWith(form))) return true;
    }
    return false;
  }

  #tell(uri: string, reason: 'updated' | 'resubscribed'): void {
    for (const stream of [...this.#streams.keys()]) stream.push({ uri, reason });
  }
}
