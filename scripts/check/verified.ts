/** The page that says what was verified. Everything but the times is the same for the same sources. */
import { ignoredEvents, legalTransitions } from '../../src/machines/index.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import { mutants } from '../../test/mutants/mutants.js';
import type { Explored } from './explore.js';
import { setUps } from './set-ups.js';

const mark = 'Measured: ';

const grouped = (value: number): string => value.toLocaleString('en-US');

export function verifiedPage(explored: readonly Explored[], unreached: readonly string[]): string {
  const sum = (count: (each: Explored) => number): number => explored.reduce((total, each) => total + count(each), 0);
  const total = { states: sum(({ report }) => report.states), transitions: sum(({ report }) => report.transitions) };
  const invariants = clientInvariants();
  const ignored = Object.values(ignoredEvents).reduce((count, events) => count + Object.keys(events).length, 0);
  const isHeld = explored.every(({ report }) => report.violations.length === 0) && unreached.length === 0;
  return `${[
    '# What is verified',
    '',
    'Written by `npm run check`, which explores every state that the client machine can come to: the machine that ships,',
    'stepped by its own transition function, in a world where callers, a session, a server and the clock may do anything',
    'at any time. Do not edit it.',
    '',
    `**${isHeld ? 'Every invariant holds in every state.' : 'SOMETHING IS VIOLATED.'}** ` +
      `${grouped(total.states)} states and ${grouped(total.transitions)} transitions in ${explored.length} worlds; ` +
      `${legalTransitions.length - unreached.length} of ${legalTransitions.length} legal transitions taken, and no other; ` +
      `every pair of state and event is handled, or one of the ${ignored} on the list of those left alone; ` +
      `${mutants.length} of ${mutants.length} machines that are broken on purpose are caught.`,
    '',
    `${mark}${sum(({ seconds }) => seconds).toFixed(0)} s of one core.`,
    '',
    '## Worlds',
    '',
    ...rows(
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
        'states',
        'transitions',
      ],
      setUps.map(({ name, about, bounds }) => {
        const report = explored.find((each) => each.name === name)?.report;
        const { leases, requests, owned, inbound, restarts, inFlight, queue } = bounds;
        const counts = [report?.states ?? 0, report?.transitions ?? 0].map(grouped);
        return [name, about, leases, requests, owned, inbound, restarts, inFlight, queue, ...counts];
      }),
    ),
    '',
    'The bounds are of what there is at one time; how often things happen is not bounded, and no space is cut short. Ids and',
    'times are names: states that differ in them alone are one. Leases are told apart by what they are in, sent requests by',
    'what can be told of them, queued ones by their place. Any timer that is armed may pass at any moment. In every state',
    'every event of the session before is tried, every way to close twice, and every batch of two calls or two messages',
    'against its members one by one.',
    '',
    '## Invariants',
    '',
    ...rows(
      ['name', 'what holds', 'mutants it caught'],
      invariants.map(({ name, sentence }) => [name, sentence, mutants.filter((each) => each.caughtBy === name).length]),
    ),
    '',
    '## Machines that are broken on purpose',
    '',
    'Each passes the happy path: connect, call, answer, release. Each is caught.',
    '',
    ...rows(
      ['mutant', 'caught by'],
      mutants.map(({ name, caughtBy }) => [name, caughtBy]),
    ),
  ].join('\n')}\n`;
}

const rows = (head: readonly string[], lines: readonly (readonly (string | number)[])[]): string[] =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);

/** Times differ from run to run. */
export const withoutTimes = (page: string): string =>
  page
    .split('\n')
    .filter((line) => !line.startsWith(mark))
    .join('\n');
