/** A part in the session of each server of a group. */
import type { Client } from '../client.js';
import { configError } from '../options.js';
import type { Members } from './members.js';
import { Share } from './share.js';

export class Shares {
  readonly #members: Members;
  readonly #label: string | undefined;
  readonly #shares = new Map<string, Share>();
  #isEnded = false;

  constructor(members: Members, label: string | undefined) {
    this.#members = members;
    this.#label = label;
    for (const [name, client] of members.clients) this.join(name, client);
  }

  join(name: string, client: Client): void {
    if (!this.#isEnded) this.#shares.set(name, new Share(client, this.#label));
  }

  leave(name: string): void {
    this.#shares.delete(name);
  }

  /** When the first attempt of each has come out, one way or the other. */
  async settled(): Promise<void> {
    await Promise.all([...this.#shares.values()].map(({ first }) => first));
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

  /** Can it be asked something? A server that was given up is asked for again, when somebody needs it. */
  isWithinReach(name: string): boolean {
    const share = this.#shares.get(name);
    return share !== undefined && (share.lease !== null || share.isOver);
  }

  /**
   * The client of a server, to make a call on. Waits for no more than an attempt that nobody has made
   * yet: a call to a server that is known to be down fails at once, with the reason.
   *
   * @throws what keeps the server from being called
   */
  async reach(name: string): Promise<Client> {
    let share = this.#shares.get(name);
    if (share === undefined) throw this.unknown(`${JSON.stringify(name)} is no server of this group`);
    if (share.isOver && !this.#isEnded) {
      share = new Share(share.client, this.#label);
      this.#shares.set(name, share);
    }
    await share.first;
    if (share.lease === null) throw share.failure ?? new Error(share.reason);
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
