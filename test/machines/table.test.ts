import { describe as suite, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { describe } from '../../src/machines/describe.js';
import { toTable } from '../../src/machines/table.js';
import { lamp } from './lamp.machine.js';

const rows = toTable(describe(lamp)).trimEnd().split('\n');

suite('a chart as a table', () => {
  it('has a row for every transition, and one for what a state does on entry and exit', () => {
    expect(rows).toContain('| *any state* | `bulb.counted` |  | *stays* | `count` |');
    expect(rows).toContain('| **off** | *entry* |  |  | `dim`, `stop bulb` |');
    expect(rows).toContain('| **on.bright** | *entry* |  |  | `invoke timer` |');
    expect(rows).toContain('| **off** | `after dusk` | `isDark` | `on` |  |');
  });

  it('tells apart what stays, what is ignored, what is entered anew and what is left over', () => {
    expect(rows).toContain('| **off** | `switch.pressed` | *otherwise* | *stays* | `count` |');
    expect(rows).toContain('| **off** | `bulb.counted` |  | *ignored* |  |');
    expect(rows).toContain('| **on** | `dimmer.reset` |  | `on` (entered anew) | `emit lamp.reset`, `raise noted` |');
  });

  it('can be padded to columns', () => {
    const lines = toTable(describe(lamp), { aligned: true }).trimEnd().split('\n');
    expect(lines).toHaveLength(rows.length);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('is not broken by a bar in a name', () => {
    const machine = createMachine({ id: 'm', initial: 'a', states: { a: { on: { 'x|y': {} } } } });
    expect(toTable(describe(machine))).toContain('`x\\|y`');
  });
});
