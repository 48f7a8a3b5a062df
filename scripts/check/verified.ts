/** The page that says what was verified. Everything but the times is the same for the same sources. */
import { ignoredEvents, legalTransitions } from '../../src/machines/index.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import type { Catch } from './catch.js';
import type { Explored } from './explore.js';
import { setUps } from './set-ups.js';

const mark = 'Measured: ';

const grouped = (value: number): string => value.toLocaleString('en-US');

/** What a whole run has found. */
export interface Findings {
  readonly explored: readonly Explored[];
  /** Legal transitions that nothing led to, in words. */
  readonly unreached: readonly string[];
  readonly broken: Catch;
  /** Seconds from beginning to end, on whatever else the machine was busy with. */
  readonly seconds: number;
}

export function verifiedPage(findings: Findings): string {
  return `${[
    '# What is verified',
    '',
    'Written by `npm run check`, which explores every state that the client machine can come to: the machine that ships,',
    'stepped by its own transition function, in a world where callers, a session, a server and the clock may do anything',
    'at any time. Do not edit it.',
    '',
    verdict(findings),
    '',
    measured(findings),
    '',
    '## Worlds',
    '',
    ...worlds(findings),
    '',
    ...withinWhich,
    '',
    '## Invariants',
    '',
    ...invariants(findings),
    '',
    ...beyond,
    '',
    '## Machines that are broken on purpose',
    '',
    'Each has one thing broken, and still passes the happy path: connect, call, answer. The same invariants are checked in',
    'small worlds until one of them does not hold; a mutant that none of them catches, or another than the one that it is',
    'listed under, fails the run. They are in `test/mutants/`.',
    '',
    ...rows(
      ['mutant', 'caught by', 'events of the shortest way'],
      findings.broken.caught.map(({ name, by, events }) => [name, by ?? 'NOTHING', events]),
    ),
  ].join('\n')}\n`;
}

function verdict({ explored, unreached, broken }: Findings): string {
  const ignored = Object.values(ignoredEvents).reduce((count, events) => count + Object.keys(events).length, 0);
  const isHeld = explored.every(({ report }) => report.violations.length === 0) && unreached.length === 0;
  const states = explored.reduce((sum, { report }) => sum + report.states, 0);
  const transitions = explored.reduce((sum, { report }) => sum + report.transitions, 0);
  const caught = broken.caught.filter(({ by, expected, isHappy }) => by === expected && isHappy).length;
  return (
    `**${isHeld ? 'Every invariant holds in every state.' : 'SOMETHING IS VIOLATED.'}** ` +
    `${grouped(states)} states and ${grouped(transitions)} transitions in ${explored.length} worlds; ` +
    `${legalTransitions.length - unreached.length} of ${legalTransitions.length} legal transitions taken, and no other; ` +
    `every pair of state and event is handled, or one of the ${ignored} on the list of those left alone; ` +
    `${caught} of ${broken.caught.length} machines that are broken on purpose are caught.`
  );
}

function measured({ explored, broken, seconds }: Findings): string {
  const searched = explored.reduce((sum, each) => sum + each.seconds, 0);
  return `${mark}${searched.toFixed(0)} s of processor time for the worlds, ${broken.seconds.toFixed(0)} s for the broken machines; ${seconds.toFixed(0)} s from beginning to end.`;
}

function worlds({ explored }: Findings): string[] {
  return rows(
    [
      'world',
      'options',
      'leases',
      'requests',
      'of these through a lease',
      'inbound',
      'restarts',
      'in flight',
      'queue',
      'credentials',
      'not heard',
      'states',
      'transitions',
    ],
    setUps.map(({ name, about, bounds }) => {
      const report = explored.find((each) => each.name === name)?.report;
      const { leases, requests, owned, inbound, restarts, inFlight, queue, challenges, deafness } = bounds;
      const counts = [report?.states ?? 0, report?.transitions ?? 0].map(grouped);
      const whether = [challenges, deafness].map((may) => (may ? 'yes' : 'no'));
      return [name, about, leases, requests, owned, inbound, restarts, inFlight, queue, ...whether, ...counts];
    }),
  );
}

const withinWhich = [
  'The bounds are of what there is at one time; how often things happen is not bounded, and no space is cut short. Ids and',
  'times are names: states that differ in them alone are one. Leases are told apart by what they are in, requests by what',
  'can be told of them, by which came first, and by their place in the queue. That this loses nothing is itself tested: with',
  'two leases, two requests and one restart the search without it comes to the same verdict and takes the same transitions,',
  'and a machine that is wrong in the order of its requests alone is caught with it and without',
  '(`test/testing/checker/reduction.test.ts`). Any timer that is armed may pass at any moment. In every state every event of',
  'the two sessions before is tried, two ways to close one after the other, and batches of two calls or two messages against',
  'their members one by one.',
];

const beyond = [
  'What this does not show:',
  '',
  '- More than three leases and three requests at one time. Calls through leases are checked in a world of two leases, two',
  '  requests and one such call at a time. No two options are changed together but where a row says so. That credentials are',
  '  got, and that a server is not heard, is checked in worlds of their own, both at once in a small one; not with',
  '  `reconnect.initial: true`, with `drain: 0`, or with calls through leases.',
  '- Batches of more than two, and batches of every kind of message: only kinds that differ to the chart are paired.',
  '- Times: only whether one is zero or endless matters here, not how long it is. Two timers may pass in any order. How much',
  '  of the time for closing has passed when `close()` is asked for again is for the shell, and the simulator holds it to that.',
  '- A queue that holds more than 32 ids: it is then swept of those that were settled meanwhile. No world is that large.',
  '- A loss that cannot be mended while streams still answer, what a link knows of a silence, a `close()` with no time at all',
  '  or with endless time, a `failFast` ping, and batches of calls through a lease that lives.',
  '- What is in an answer, a notification or a failure.',
  '- That a server which never stops talking gets anywhere: its words, and those of callers, count as progress (L2).',
  '- Everything around the machine: the session actor, transports, the promises, user code. That is the simulator, which',
  '  runs the whole client; I13 is held there, and not here, and I10 for whatever is not about credentials or hearing.',
  '- That the actor XState runs takes the same steps: random walks hold it to the machine',
  '  (`test/testing/checker/random-walks.test.ts`).',
];

function invariants({ broken }: Findings): string[] {
  return rows(
    ['name', 'what holds', 'broken machines it caught'],
    clientInvariants().map(({ name, sentence }) => [
      name,
      sentence,
      broken.caught.filter(({ by }) => by === name).length,
    ]),
  );
}

const rows = (head: readonly string[], lines: readonly (readonly (string | number)[])[]): string[] =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);

/** Times differ from run to run. */
export const withoutTimes = (page: string): string =>
  page
    .split('\n')
    .filter((line) => !line.startsWith(mark))
    .join('\n');
