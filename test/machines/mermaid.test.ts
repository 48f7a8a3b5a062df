import { describe as suite, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { describe } from '../../src/machines/describe.js';
import { toMermaid } from '../../src/machines/mermaid.js';
import { lamp } from './lamp.machine.js';

const chart = describe(lamp);

suite('a chart as Mermaid', () => {
  it('nests states, marks where each starts, and words every line', () => {
    expect(toMermaid(chart)).toBe(`stateDiagram-v2
  [*] --> off
  off
  state on {
    [*] --> on_bright
    state "bright" as on_bright
    state "soft" as on_soft
  }
  broken
  broken --> [*]
  off --> broken : power.lost
  on --> broken : power.lost
  off --> on : switch.pressed [isDark and (isHome or not isAway)]<br/>after dusk [isDark]
  on --> off : switch.pressed
  on_bright --> on_soft : dimmer.turned, done of timer, after 500 ms
  on_soft --> off : always [in broken]
`);
  });

  it('marks the active state', () => {
    const lines = toMermaid(chart, 'on.soft').trimEnd().split('\n');
    expect(lines.at(-1)).toBe('  class on_soft active');
    expect(lines.at(-2)).toContain('classDef active');
    expect(toMermaid(chart)).not.toContain('classDef');
  });

  it('refuses to mark a state that the chart does not have', () => {
    expect(() => toMermaid(chart, 'on.dazzling')).toThrow(
      new RangeError('The chart "lamp" has no state "on.dazzling".'),
    );
  });

  it('separates the regions of a parallel state', () => {
    const parallel = createMachine({
      id: 'm',
      initial: 'both',
      states: { both: { type: 'parallel', states: { left: {}, right: {} } } },
    });
    expect(toMermaid(describe(parallel))).toContain(
      '    state "left" as both_left\n    --\n    state "right" as both_right\n',
    );
  });

  it('renames a state whose name means something to Mermaid', () => {
    const machine = createMachine({ id: 'm', initial: 'end', states: { end: {} } });
    expect(toMermaid(describe(machine))).toContain('state "end" as end_');
  });
});
