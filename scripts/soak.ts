/**
 * `npm run soak -- --minutes 10`: many clients, faults on, and at the end nothing left. Every promise
 * settles, the heap and the handles come back flat, no child process stays. Fails where one does not.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { table } from 'table';
import { WatchedClock } from '../test/support/watched-clock.js';
import { Caller } from './soak/caller.js';
import { Chaos } from './soak/chaos.js';
import { Dice } from './soak/dice.js';
import { Fleet } from './soak/fleet.js';
import { Ledger } from './soak/ledger.js';
import { runningWith } from './soak/processes.js';
import { collected, handles, trendOf, type Sample } from './soak/samples.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '50' },
    callers: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    every: { type: 'string', default: '5' },
  },
});
const minutes = Number(values.minutes);
const MB = 1024 * 1024;
/** Of the time: code is compiled, pools and tables grow to their sizes. */
const WARM_UP = 0.3;
/** A slope that cannot be told from this is flat. */
const FLAT = { heap: 0.3, handles: 1 };

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

if (globalThis.gc === undefined) throw new Error('run it with --expose-gc: npm run soak');
const uncaught: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => uncaught.push(`${event}: ${String(error)}`));
}
process.on('warning', (warning) => uncaught.push(`warning: ${warning.name}: ${warning.message}`));

const mark = `--mark=${randomUUID()}`;
const clock = new WatchedClock();
const dice = new Dice(Number(values.seed));
const ledger = new Ledger();
// Reading the environment of the process and the first timer are handles of their own.
await pause(1);
const handlesBefore = handles();
const fleet = await Fleet.start(Number(values.clients), mark, clock, dice);
const chaos = new Chaos(fleet, dice, (ms) => pause(ms));

const begun = performance.now();
const elapsed = (): number => (performance.now() - begun) / 60_000;
const over = (): boolean => elapsed() >= minutes;
const callers = fleet.members.flatMap(({ client, kind }) =>
  Array.from({ length: Number(values.callers) }, () => new Caller(client, kind, dice, ledger, (ms) => pause(ms))),
);
const samples: Sample[] = [];

async function sample(): Promise<void> {
  while (!over()) {
    await pause(Number(values.every) * 1_000);
    fleet.forget();
    const heap = await collected();
    const taken: Sample = { at: elapsed(), heap, handles: handles().length };
    samples.push(taken);
    say(
      `${taken.at.toFixed(2).padStart(6)} min  ${String(ledger.total).padStart(8)} promises, ${String(ledger.open).padStart(4)} open  ` +
        `heap ${(heap / MB).toFixed(1)} MB  handles ${String(taken.handles)}  timers ${String(clock.timers)}  ` +
        `processes ${String(runningWith(mark).length)}`,
    );
  }
}

await Promise.all([sample(), chaos.run(over), ...callers.map((caller) => caller.run(over))]);

// Faults go on while it closes: whatever was asked for is over within its deadline.
const closing = fleet.members.map(({ client }) => ledger.settled('last close', client.close({ timeout: 1_000 })));
const atMost = (ms: number): Promise<void> => pause(ms, undefined, { ref: false });
await Promise.race([Promise.all(closing), atMost(15_000)]);
for (const server of fleet.servers) await Promise.race([server.close(), atMost(2_000)]);
await pause(500);
await collected();

const late = samples.filter(({ at }) => at >= minutes * WARM_UP);
const heap = trendOf(late.map(({ at, heap: bytes }) => [at, bytes / MB]));
const held = trendOf(late.map(({ at, handles: count }) => [at, count]));
const left = runningWith(mark);
const handlesAfter = handles();
const states = fleet.members.filter(({ client }) => client.state !== 'disconnected').length;
const trend = ({ slope, error }: { slope: number; error: number }): string =>
  `${slope.toFixed(3)} ± ${error.toFixed(3)} per minute`;

say(table([['outcome', 'times'], ...[...ledger.outcomes].sort(([a], [b]) => a.localeCompare(b))]));
say(table([['struck', 'times'], ...[...chaos.counts].sort(([a], [b]) => a.localeCompare(b))]));
const verdicts: readonly (readonly [what: string, value: string, isFine: boolean])[] = [
  ['promises', String(ledger.total), ledger.total > 0],
  ['promises never settled', String(ledger.open), ledger.open === 0],
  ['clients not disconnected', String(states), states === 0],
  ['heap, MB', trend(heap), heap.slope - heap.error <= FLAT.heap],
  ['handles', trend(held), held.slope - held.error <= FLAT.handles],
  [
    'handles at the end',
    `${String(handlesAfter.length)} (${String(handlesBefore.length)} before)`,
    handlesAfter.length <= handlesBefore.length,
  ],
  [
    'timers, holders at the end',
    `${String(clock.timers)}, ${String(clock.holders)}`,
    clock.timers + clock.holders === 0,
  ],
  ['child processes left', String(left.length), left.length === 0],
  ['uncaught, unhandled, warnings', String(uncaught.length), uncaught.length === 0],
];
say(table(verdicts.map(([what, value, isFine]) => [what, value, isFine ? 'ok' : 'NOT OK'])));
for (const line of [...ledger.openByKind().slice(0, 10), ...uncaught.slice(0, 10)]) say(line);
const complaints = [...fleet.complaints].map(([where, times]) => `${where}: ${String(times)}`);
if (complaints.length > 0) say(`told to onError: ${complaints.join(', ')}`);
if (handlesAfter.length > handlesBefore.length) say(`handles left: ${handlesAfter.join(', ')}`);
for (const pid of left) process.kill(pid, 'SIGKILL');
process.exitCode = verdicts.every(([, , isFine]) => isFine) ? 0 : 1;
if (ledger.open > 0) process.exit(1);
