/** A small machine with one of everything that a chart can show. */
import { and, emit, fromCallback, not, or, raise, sendTo, setup, spawnChild, stateIn, stopChild } from 'xstate';

export const lamp = setup({
  actors: { timer: fromCallback(() => undefined), bulb: fromCallback(() => undefined) },
  actions: { light: () => undefined, dim: () => undefined, count: () => undefined },
  guards: { isDark: () => true, isHome: () => true, isAway: () => false },
  delays: { dusk: 10 },
}).createMachine({
  id: 'lamp',
  initial: 'off',
  on: {
    'bulb.counted': { actions: 'count' },
    'power.lost': { target: '.broken' },
  },
  states: {
    off: {
      description: 'Nobody is at home.',
      tags: ['dark'],
      entry: ['dim', stopChild('bulb')],
      after: { dusk: { guard: 'isDark', target: 'on' } },
      on: {
        'switch.pressed': [
          { guard: and(['isDark', or(['isHome', not('isAway')])]), target: 'on', actions: 'light' },
          { actions: 'count' },
        ],
        'bulb.counted': {},
      },
    },
    on: {
      initial: 'bright',
      entry: spawnChild('bulb', { id: 'bulb' }),
      exit: [{ type: 'count' }, sendTo('bulb', { type: 'bulb.dimmed' })],
      on: {
        'switch.pressed': 'off',
        'dimmer.turned': '.soft',
        'dimmer.reset': {
          target: 'on',
          reenter: true,
          actions: [emit({ type: 'lamp.reset' }), raise({ type: 'noted' })],
        },
      },
      states: {
        bright: { invoke: { src: 'timer', id: 'timer', onDone: 'soft' }, after: { 500: 'soft' } },
        soft: { always: { guard: stateIn('broken'), target: '#lamp.off' } },
      },
    },
    broken: { type: 'final' },
  },
});
