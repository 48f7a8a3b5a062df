/**
 * What is written on a drawing, and how much room it takes. There is no font to measure with, so
 * everything is measured as the widest of the fonts it may be shown in.
 */
import type { ChartDescription, ChartState, ChartTransition } from '../../src/machines/describe.js';
import { conditionWords, insideOf, labelsOf, type ChartEdge } from '../../src/machines/edges.js';

/** The role of a word decides its colour. */
export type Role = 'keyword' | 'event' | 'condition' | 'action' | 'plain';

export interface Word {
  readonly role: Role;
  readonly text: string;
}

export type Line = readonly Word[];

/** Monospaced: the only kind of font whose width is known wherever it is shown. */
export const font = { size: 12, advance: 7.3, leading: 17, title: 15, titleAdvance: 9.2, titleLeading: 24 } as const;

const word = (role: Role, text: string): Word => ({ role, text });

export const widthOf = (lines: readonly Line[]): number =>
  font.advance * Math.max(0, ...lines.map((line) => line.reduce((sum, { text }) => sum + text.length, 0)));

/** The lines inside the box of a state: what it does on entry and exit, and what it does while it stays. */
export function boxLines(chart: ChartDescription, state: ChartState): Line[] {
  return [
    ...behaviour('entry', [...state.entry, ...state.invokes.map((actor) => `invoke ${actor}`)]),
    ...behaviour('exit', state.exit),
    ...insideOf(chart, state.path).map(reaction),
  ];
}

const behaviour = (when: string, actions: readonly string[]): Line[] =>
  actions.length === 0 ? [] : [[word('keyword', when), word('plain', ' / '), word('action', actions.join(', '))]];

function reaction(transition: ChartTransition): Line {
  const { label, actions, internal } = transition;
  const condition = conditionWords(transition);
  return [
    word('event', label),
    ...(condition === null ? [] : [word('condition', ` [${condition}]`)]),
    ...(internal ? [] : [word('keyword', ' (entered anew)')]),
    word('plain', ' / '),
    actions.length === 0 && internal ? word('keyword', 'ignored') : word('action', actions.join(', ')),
  ];
}

/** The lines on an edge: events one below the other, their conditions indented below them. */
export function edgeLines(edge: ChartEdge): Line[] {
  return labelsOf(edge).flatMap(({ events, conditions }): Line[] => {
    const names = events.map((event): Line => [word('event', event)]);
    const [only] = conditions;
    const last = events.at(-1) ?? '';
    if (only === undefined) return names;
    if (conditions.length === 1 && last.length + only.length < 30) {
      return [...names.slice(0, -1), [word('event', last), word('condition', ` [${only}]`)]];
    }
    return [...names, ...conditions.map((condition): Line => [word('condition', `  [${condition}]`)])];
  });
}
