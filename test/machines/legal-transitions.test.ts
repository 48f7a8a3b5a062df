import { describe, expect, it } from 'vitest';
import {
  describe as describeMachine,
  type ChartDescription,
  type ChartTransition,
} from '../../src/machines/describe.js';
import {
  clientMachine,
  eventTypes,
  ignoredEvents,
  legalTransitions,
  type LeafState,
} from '../../src/machines/index.js';

const chart: ChartDescription = describeMachine(clientMachine);
const leaves = chart.states.filter((state) => state.type === 'atomic').map((state) => state.path as LeafState);

/** The state and what is around it, from the inside out. */
function ancestry(path: string): string[] {
  const parent = chart.states.find((state) => state.path === path)?.parent;
  return parent === null || parent === undefined ? [path] : [path, ...ancestry(parent)];
}

/** The leaf that entering a state ends in. */
function leafOf(path: string): string {
  const initial = chart.states.find((state) => state.path === path)?.initial ?? null;
  return initial === null ? path : leafOf(initial);
}

/** What XState considers for an event in a leaf: inner states first, and outer ones while every guard may fail. */
function candidates(leaf: string, label: string): ChartTransition[] {
  const found: ChartTransition[] = [];
  for (const path of ancestry(leaf)) {
    const here = chart.transitions.filter((transition) => transition.source === path && nameOf(transition) === label);
    found.push(...here);
    if (here.some((transition) => transition.guard === null)) break;
  }
  return found;
}

/** Reads `done` and `error` events of actors by their own names, everything else as a reader does. */
const nameOf = ({ event, label }: ChartTransition): string => (event.startsWith('xstate.error') ? event : label);

const labels = [...new Set(chart.transitions.map(nameOf))];

describe('the legal transitions', () => {
  it('are exactly the transitions of the machine', () => {
    const taken = leaves.flatMap((leaf) =>
      labels.flatMap((label) =>
        candidates(leaf, label)
          .filter((transition) => !transition.internal)
          .map((transition) => `${leaf} --${label}--> ${transition.targets.map(leafOf).join(',')}`),
      ),
    );
    const legal = legalTransitions.map(({ from, event, to }) => `${from} --${event}--> ${to}`);
    expect([...new Set(taken)].sort()).toEqual([...new Set(legal)].sort());
  });

  it('name no state and no event that the machine does not have', () => {
    for (const { from, to } of legalTransitions) expect(leaves).toEqual(expect.arrayContaining([from, to]));
  });

  it('keep to the top-level edges of the lifecycle', () => {
    const top = (path: string): string => path.split('.')[0] ?? '';
    const edges = legalTransitions
      .map(({ from, to }) => [top(from), top(to)] as const)
      .filter(([from, to]) => from !== to);
    expect(new Set(edges.map((edge) => edge.join(' > ')))).toEqual(
      new Set([
        'disconnected > connecting',
        'connecting > initializing',
        'connecting > closing',
        'connecting > disconnected',
        'initializing > connecting',
        'initializing > ready',
        'initializing > closing',
        'ready > closing',
        'closing > connecting',
        'closing > disconnected',
      ]),
    );
  });
});

describe('the ignored events', () => {
  it.each(leaves)('of %s are exactly the events it leaves alone, each with a reason', (leaf) => {
    const unhandled = eventTypes.filter((type) => candidates(leaf, type).length === 0);
    expect(Object.keys(ignoredEvents[leaf]).sort()).toEqual([...unhandled].sort());
    for (const reason of Object.values(ignoredEvents[leaf])) expect(reason.length).toBeGreaterThan(10);
  });
});
