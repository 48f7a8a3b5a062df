import { describe as suite, expect, it } from 'vitest';
import { describe } from '../../src/machines/describe.js';
import { edgesOf, insideOf, isWithin, labelsOf } from '../../src/machines/edges.js';
import { lamp } from './lamp.machine.js';

const chart = describe(lamp);
const between = (source: string, target: string) =>
  edgesOf(chart).find((edge) => edge.source === source && edge.target === target);

suite('the lines of a chart', () => {
  it('are one per pair of states, with every way between the two', () => {
    const edge = between('off', 'on');
    expect(edge?.transitions.map(({ label }) => label)).toEqual(['switch.pressed', 'after dusk']);
    expect(edgesOf(chart).filter(({ source, target }) => source === 'off' && target === 'on')).toHaveLength(1);
  });

  it('start at the substates that are really left when a state leads to one of its own', () => {
    expect(between('on', 'on.soft')).toBeUndefined();
    expect(between('on.bright', 'on.soft')?.transitions.map(({ label }) => label)).toContain('dimmer.turned');
    expect(edgesOf(chart).filter(({ source }) => source === '')).toEqual([]);
    expect(between('off', 'broken')?.transitions.map(({ label }) => label)).toEqual(['power.lost']);
  });

  it('do not come back to where they start: that is written inside the box, with what stays', () => {
    expect(edgesOf(chart).filter(({ source, target }) => source === target)).toEqual([]);
    expect(insideOf(chart, 'on').map(({ label }) => label)).toEqual(['dimmer.reset']);
    expect(insideOf(chart, 'off').map(({ label }) => label)).toEqual(['switch.pressed', 'bulb.counted']);
  });

  it('say events with the same conditions together', () => {
    const [transition] = chart.transitions;
    if (transition === undefined) throw new Error('the chart has transitions');
    const way = (label: string, guard: string | null) => ({ ...transition, label, guard, otherwise: false });
    const transitions = [way('ended', 'isA'), way('ended', 'isB'), way('killed', 'isA'), way('killed', 'isB')];
    expect(labelsOf({ source: 'a', target: 'b', transitions: [...transitions, way('lost', null)] })).toEqual([
      { events: ['ended', 'killed'], conditions: ['isA', 'isB'] },
      { events: ['lost'], conditions: [] },
    ]);
  });
});

suite('being within a state', () => {
  it('goes by whole parts of the path, at any depth, and never includes the state itself', () => {
    expect(isWithin('on.soft', 'on')).toBe(true);
    expect(isWithin('on.soft', '')).toBe(true);
    expect(isWithin('on', 'on')).toBe(false);
    expect(isWithin('only', 'on')).toBe(false);
  });
});
