/** What happens to the servers themselves: crashes, restarts, stalls, sessions that expire. */
import { faults } from '../../test/support/http-faults.js';
import type { HttpServer } from '../../test/support/http-server.js';
import type { Dice } from './dice.js';
import type { Fleet } from './fleet.js';

export class Chaos {
  readonly #fleet: Fleet;
  readonly #dice: Dice;
  readonly #pause: (ms: number) => Promise<void>;
  readonly counts = new Map<string, number>();
  #restarting = new Set<HttpServer>();

  constructor(fleet: Fleet, dice: Dice, pause: (ms: number) => Promise<void>) {
    this.#fleet = fleet;
    this.#dice = dice;
    this.#pause = pause;
  }

  async run(over: () => boolean): Promise<void> {
    while (!over()) {
      await this.#pause(50 + this.#dice.below(300));
      await (this.#dice.happens(0.5) ? this.#strikeHttp() : this.#strikeProcess());
    }
  }

  #note(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  async #strikeHttp(): Promise<void> {
    const server = this.#dice.pick(this.#fleet.servers);
    if (this.#restarting.has(server)) return;
    const what = this.#dice.pick([
      'expire',
      'reset',
      'restart',
      'stall',
      'status',
      'html',
      'cut',
      'stream ends',
    ] as const);
    this.#note(`http ${what}`);
    switch (what) {
      case 'expire':
        server.forget();
        return;
      case 'reset':
        server.breakConnections();
        return;
      case 'restart':
        this.#restarting.add(server);
        server.refuse();
        server.breakConnections();
        server.forget();
        await this.#pause(300);
        await server.relent();
        this.#restarting.delete(server);
        return;
      case 'stall':
        server.next('tools/call', faults.hang, faults.hang);
        return;
      case 'status':
        server.next('tools/call', ...[500, 502, 400, 429].map((status) => faults.status(status)));
        return;
      case 'html':
        server.next('tools/call', faults.html);
        return;
      case 'cut':
        server.next('tools/call', faults.cutBody);
        return;
      case 'stream ends':
        server.next('tools/call', faults.streamEnds, faults.streamBreaks);
        return;
    }
  }

  async #strikeProcess(): Promise<void> {
    const pids = this.#fleet.members.flatMap(({ client: { connection } }) =>
      connection !== null && 'pid' in connection ? [connection.pid] : [],
    );
    if (pids.length === 0) return;
    const pid = this.#dice.pick(pids);
    const what = this.#dice.pick(['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const);
    this.#note(`process ${what}`);
    send(pid, what);
    if (what !== 'SIGSTOP') return;
    await this.#pause(500);
    send(pid, 'SIGCONT');
  }
}

/** It is a child of ours, and may be gone. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile.
  }
}
