/** A part in the session of each server of a group. */
import type { Clock } from '../../protocol/clock.js';
import { onAbort } from '../aborts.js';
import type { Client } from '../client.js';
import { configError } from '../options.js';
import type { Members } from './members.js';
import { Share } from './share.js';

export class Shares {
  readonly #members: Members;
  readonly #label: string | undefined;
  readonly #clock: Clock;
  readonly #shares = new Map<string, Share>();
  #isEnded = false;
  /** Of servers that were given up, and are tried again because of one call: that call waits, nobody else. */
  readonly #again = new WeakSet<Share>();
  /** When the first attempt of one came out last. */
  #lastNews = 0;

  constructor(members: Members, label: string | undefined, clock: Clock) {
    this.#members = members;
    this.#label = label;
    this.#clock = clock;
    for (const [name, client] of members.clients) this.join(name, client);
  }

  join(name: string, client: Client): void {
    if (!this.#isEnded) this.#share(name, client);
  }

  #share(name: string, client: Client): Share {
    const share = new Share(client, this.#label);
    this.#shares.set(name, share);
    void share.first.then(() => {
      this.#lastNews = this.#clock.now();
    });
    return share;
  }

  leave(name: string): void {
    this.#shares.delete(name);
  }

  /** When the first attempt of each has come out, one way or the other. */
  async settled(): Promise<void> {
    await Promise.all([...this.#shares.values()].map(({ first }) => first));
  }

  /**
   * When the first attempt of each has come out, or one is up and for the length of the grace no other has
   * come out: whoever waits for several servers is not held by one that hangs.
   */
  async gathered(grace: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const waiting = [...this.#shares.values()].filter((share) => !share.isFirstOver && !this.#again.has(share));
      if (waiting.length === 0 || this.#isEnded || signal?.aborted === true) return;
      const left = this.up().size === 0 ? Infinity : this.#lastNews + grace - this.#clock.now();
      if (left <= 0) return;
      await anyOf(
        waiting.map(({ first }) => first),
        this.#clock,
        left,
        signal,
      );
    }
  }

  /** When one has a session, or none will have one. */
  async someone(): Promise<void> {
    const up = [...this.#shares.values()].map(async (share) => {
      await share.first;
      if (share.lease === null) throw new Error(share.reason);
    });
    await Promise.any(up).catch(() => undefined);
  }

  /** The servers that have a session, or had one and are about to have another. */
  up(): Map<string, Share> {
    return new Map([...this.#shares].filter(([, { lease }]) => lease !== null));
  }

  /** Those that have none, and why. */
  down(): Map<string, Share> {
    return new Map([...this.#shares].filter(([, { lease }]) => lease === null));
  }

  /**
   * The client of a server, to make a call on. Waits for no more than an attempt that nobody has made
   * yet: a call to a server that is known to be down fails at once, with the reason. One that is urgent does
   * not even wait for that.
   *
   * @throws what keeps the server from being called
   */
  async reach(name: string, isUrgent = false): Promise<Client> {
    let share = this.#shares.get(name);
    if (share === undefined) throw this.unknown(`${JSON.stringify(name)} is no server of this group`);
    if (share.isOver && !this.#isEnded) {
      share = this.#share(name, share.client);
      this.#again.add(share);
    }
    if (!isUrgent) await share.first;
    if (share.lease === null) throw share.failure;
    return share.client;
  }

  /** An error that says which servers there are, and what is the matter with those that are down. */
  unknown(message: string): Error {
    const known = [...this.#shares].map(([name, { lease, reason }]) =>
      lease === null ? `${name} (down: ${reason})` : name,
    );
    return configError(`${message}; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`, 'unknown_server');
  }

  get clients(): ReadonlyMap<string, Client> {
    return this.#members.clients;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** From now on nothing is taken part in again: a call that is still on its way must not bring a server back. */
  end(): void {
    this.#isEnded = true;
  }

  /** Takes part again where it has ended. */
  renew(): void {
    for (const [name, share] of this.#shares) if (share.isOver) this.join(name, share.client);
  }

  async release(): Promise<void> {
    await Promise.all([...this.#shares.values()].map((share) => share.release()));
  }
}

/** The first of these to come, or the end of the time, or the signal. */
function anyOf(
  firsts: readonly Promise<void>[],
  clock: Clock,
  within: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      if (timer !== null) clock.clearTimeout(timer);
      forget?.();
      resolve();
    };
    const timer = within === Infinity ? null : clock.setTimeout(end, within);
    const forget = signal === undefined ? undefined : onAbort(signal, end);
    for (const first of firsts) void first.then(end);
  });
}
