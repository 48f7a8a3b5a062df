/** The clients of a soak, and the servers that they talk to: processes, HTTP, and memory, each with faults of its own. */
import { fileURLToPath } from 'node:url';
import { Client, type ClientOptions, type Source } from '../../src/index.js';
import type { Clock } from '../../src/protocol/clock.js';
import { faulty, scriptedServer, type FaultPlan, type ScriptedServer } from '../../src/testing/index.js';
import { HttpServer } from '../../test/support/http-server.js';
import type { Dice } from './dice.js';

const script = fileURLToPath(new URL('../../test/processes/fixtures/server.js', import.meta.url));

export type Kind = 'stdio' | 'http' | 'memory';

export interface Member {
  readonly kind: Kind;
  readonly client: Client;
}

/** Impatient, so that much happens in little time. */
const impatient: ClientOptions = {
  timeout: 2_000,
  connectTimeout: 3_000,
  initTimeout: 3_000,
  closeTimeout: 1_000,
  drain: 100,
  reconnect: { initialDelay: 50, maxDelay: 500, attempts: 5, stableAfter: 200 },
};

/** What goes wrong between any client and any server, beside what the servers do themselves. */
const plan: FaultPlan = [
  { fault: 'reject', at: 'create', chance: 0.02 },
  { fault: 'refuse', at: 'open', chance: 0.02 },
  { fault: 'hang', at: 'open', chance: 0.005 },
  { fault: 'disconnect', at: 'receive', chance: 0.002, when: 'before' },
  { fault: 'disconnect', at: 'send', chance: 0.002, when: 'after' },
  { fault: 'half-open', at: 'receive', chance: 0.001 },
  { fault: 'drop', at: 'receive', chance: 0.01 },
  { fault: 'duplicate', at: 'receive', chance: 0.01 },
  { fault: 'reorder', at: 'receive', chance: 0.01 },
  { fault: 'malform', at: 'receive', chance: 0.005 },
  { fault: 'corrupt', at: 'receive', chance: 0.005 },
  { fault: 'truncate', at: 'receive', chance: 0.005 },
  { fault: 'delay', at: 'receive', chance: 0.02, ms: 50, overtaking: true },
  { fault: 'fail', at: 'send', chance: 0.01, status: 503 },
  { fault: 'expire', at: 'send', chance: 0.002 },
  { fault: 'delay', at: 'close', chance: 0.05, ms: 200 },
  { fault: 'hang', at: 'close', chance: 0.01 },
];

export class Fleet {
  readonly members: Member[] = [];
  readonly servers: HttpServer[] = [];
  readonly scripted: ScriptedServer[] = [];
  /** What was told to `onError`, by place. */
  readonly complaints = new Map<string, number>();

  static async start(size: number, mark: string, clock: Clock, dice: Dice): Promise<Fleet> {
    const fleet = new Fleet();
    for (let server = 0; server < 3; server += 1) {
      fleet.servers.push(await HttpServer.start({ answers: server === 0 ? 'json' : 'stream' }));
    }
    for (let at = 0; at < size; at += 1) fleet.#add(at, mark, clock, dice);
    return fleet;
  }

  #add(at: number, mark: string, clock: Clock, dice: Dice): void {
    const kind: Kind = at % 5 === 0 ? 'stdio' : at % 5 < 3 ? 'http' : 'memory';
    const onError = (_: unknown, where: string): void => {
      this.complaints.set(where, (this.complaints.get(where) ?? 0) + 1);
    };
    const options: ClientOptions = { ...impatient, name: `soak-${String(at)}`, clock, random: dice.next, onError };
    // Every second one idles between uses, and so meets its faults at rest too.
    const source = faulty(this.#source(kind, at, mark), plan, { seed: at + 1 });
    this.members.push({ kind, client: new Client(source, { ...options, idleTimeout: at % 2 === 0 ? 0 : 500 }) });
  }

  #source(kind: Kind, at: number, mark: string): Source {
    switch (kind) {
      case 'stdio':
        return { command: process.execPath, args: [script, mark, ...(at % 10 === 0 ? ['--ignore-sigterm'] : [])] };
      case 'http':
        return (this.servers[at % this.servers.length] as HttpServer).url;
      case 'memory':
        this.scripted.push(
          scriptedServer({
            // Its record of what it was sent would grow for as long as it is connected.
            script: (message, { received }) => {
              if (received.length > 100) received.splice(0, 50);
              return message.params?.name === 'hang';
            },
            tools: { '*': (args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }) },
          }),
        );
        return (this.scripted.at(-1) as ScriptedServer).source;
    }
  }

  /** Servers that record what they saw forget it. */
  forget(): void {
    for (const server of this.servers) {
      server.release();
      server.visits.length = 0;
    }
    for (const { connections } of this.scripted) connections.splice(0, Math.max(0, connections.length - 1));
  }
}
