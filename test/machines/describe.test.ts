import { describe as suite, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { describe } from '../../src/machines/describe.js';
import { lamp } from './lamp.machine.js';

const chart = describe(lamp);
const state = (path: string) => chart.states.find((candidate) => candidate.path === path);
const transitions = (source: string, label: string) =>
  chart.transitions.filter((candidate) => candidate.source === source && candidate.label === label);

suite('the description of a machine', () => {
  it('lists every state once, parents before children, the chart itself first', () => {
    expect(chart.states.map(({ path }) => path)).toEqual(['', 'off', 'on', 'on.bright', 'on.soft', 'broken']);
    expect(state('')).toMatchObject({ name: 'lamp', parent: null, type: 'compound', initial: 'off' });
    expect(state('on.bright')).toMatchObject({ name: 'bright', parent: 'on', type: 'atomic', initial: null });
    expect(state('broken')).toMatchObject({ type: 'final' });
  });

  it('says what a state does on entry and exit, and leaves out the timers that XState arms', () => {
    expect(state('off')).toMatchObject({ entry: ['dim', 'stop bulb'], exit: [], description: 'Nobody is at home.' });
    expect(state('on')).toMatchObject({ entry: ['spawn bulb'], exit: ['count', 'send bulb.dimmed to bulb'] });
    expect(state('on.bright')).toMatchObject({ invokes: ['timer'], description: null });
    expect(state('off')?.tags).toEqual(['dark']);
  });

  it('names timers, eventless transitions and the ends of actors in words', () => {
    expect(transitions('off', 'after dusk')).toMatchObject([{ guard: 'isDark', targets: ['on'] }]);
    expect(transitions('on.bright', 'after 500 ms')).toMatchObject([{ targets: ['on.soft'] }]);
    expect(transitions('on.bright', 'done of timer')).toMatchObject([{ targets: ['on.soft'] }]);
    expect(transitions('on.soft', 'always')).toMatchObject([{ event: '', guard: 'in broken', targets: ['off'] }]);
  });

  it('keeps the type XState gives an event beside its words', () => {
    expect(transitions('off', 'after dusk')[0]?.event).toBe('xstate.after.dusk.lamp.off');
  });

  it('spells out guards made of guards', () => {
    expect(transitions('off', 'switch.pressed')[0]?.guard).toBe('isDark and (isHome or not isAway)');
  });

  it('marks the transition that is taken when the guards before it say no', () => {
    expect(transitions('off', 'switch.pressed').map(({ otherwise }) => otherwise)).toEqual([false, true]);
    expect(transitions('on', 'switch.pressed').map(({ otherwise }) => otherwise)).toEqual([false]);
  });

  it('tells staying from leaving and from entering anew', () => {
    expect(transitions('off', 'switch.pressed')[1]).toMatchObject({ internal: true, targets: [], actions: ['count'] });
    expect(transitions('on', 'dimmer.reset')).toMatchObject([
      { internal: false, reenter: true, targets: ['on'], actions: ['emit lamp.reset', 'raise noted'] },
    ]);
  });

  it('is plain data, and the same every time', () => {
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
    expect(describe(lamp)).toEqual(chart);
  });

  it('refuses an inline action and an inline guard, and says in which state', () => {
    const action = createMachine({ id: 'm', initial: 'a', states: { a: { entry: () => undefined } } });
    expect(() => describe(action)).toThrow('In state "m.a": An action written inline has no name to show');
    const guard = createMachine({ id: 'm', initial: 'a', states: { a: { on: { go: { guard: () => true } } } } });
    expect(() => describe(guard)).toThrow('In state "m.a": A guard written inline has no name to show');
  });
});
