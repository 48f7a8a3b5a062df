/** One user of a client: it connects, calls, gives up, releases and closes, as chance has it. */
import type { Client, Lease } from '../../src/index.js';
import type { Dice } from './dice.js';
import type { Kind } from './fleet.js';
import type { Ledger } from './ledger.js';

export class Caller {
  readonly #client: Client;
  readonly #kind: Kind;
  readonly #dice: Dice;
  readonly #ledger: Ledger;
  readonly #pause: (ms: number) => Promise<void>;
  /** One for its whole life, as an agent has: what is left on it would grow. */
  readonly #life = new AbortController();

  constructor(client: Client, kind: Kind, dice: Dice, ledger: Ledger, pause: (ms: number) => Promise<void>) {
    this.#client = client;
    this.#kind = kind;
    this.#dice = dice;
    this.#ledger = ledger;
    this.#pause = pause;
  }

  async run(over: () => boolean): Promise<void> {
    while (!over()) {
      await this.#visit();
      await this.#pause(this.#dice.below(100));
    }
    this.#life.abort();
  }

  async #visit(): Promise<void> {
    const impatience = this.#dice.happens(0.1) ? { timeout: 1 + this.#dice.below(200) } : {};
    let lease: Lease | undefined;
    const connecting = this.#client.connect({ ...impatience, signal: this.#life.signal });
    const connected = this.#ledger.settled(
      'connect',
      connecting.then((granted) => (lease = granted)),
    );
    if (!(await connected) || lease === undefined) return;
    for (let turn = this.#dice.below(6); turn >= 0 && lease.active; turn -= 1) await this.#work(lease);
    if (this.#dice.happens(0.03)) await this.#ledger.settled('close', this.#client.close({ drain: 0, timeout: 300 }));
    const released = this.#ledger.settled('release', lease.release());
    if (this.#dice.happens(0.1)) void lease.release();
    await released;
  }

  async #work(lease: Lease): Promise<void> {
    const calls: Promise<unknown>[] = Array.from({ length: 1 + this.#dice.below(4) }, () => this.#call(lease));
    if (this.#dice.happens(0.05)) calls.push(this.#ledger.settled('list', lease.listTools()));
    if (this.#dice.happens(0.02)) await this.#ledger.settled('early release', lease.release());
    await Promise.all(calls);
  }

  async #call(lease: Lease): Promise<void> {
    const { signal } = this.#life;
    switch (this.#dice.below(6)) {
      case 0:
        await this.#ledger.settled('ping', lease.ping({ signal }));
        return;
      case 1:
        await this.#aborted(lease);
        return;
      case 2:
        await this.#cancelled(lease);
        return;
      case 3:
        await this.#ledger.settled('hanging call', lease.callTool(this.#hanging, {}, { signal, timeout: 100 }));
        return;
      default:
        await this.#ledger.settled(
          'call',
          lease.callTool('echo', { text: 'x'.repeat(this.#dice.below(2_000)) }, { signal }),
        );
    }
  }

  get #hanging(): string {
    return this.#kind === 'http' ? 'hold' : 'hang';
  }

  async #aborted(lease: Lease): Promise<void> {
    const controller = new AbortController();
    const call = this.#ledger.settled('aborted call', lease.callTool('echo', {}, { signal: controller.signal }));
    await this.#pause(this.#dice.below(5));
    controller.abort(new Error('changed its mind'));
    await call;
  }

  async #cancelled(lease: Lease): Promise<void> {
    const onStart = ({ requestId }: { readonly requestId: number }): void => {
      if (this.#dice.happens(0.5)) lease.cancel(requestId);
    };
    await this.#ledger.settled('cancelled call', lease.callTool(this.#hanging, {}, { onStart, timeout: 200 }));
  }
}
