/** `--rows memory,stdio --rounds 5 --quick --profile` */
import { parseArgs } from 'node:util';
import type { Row } from './row.js';
import { chosenRows } from './rows.js';

export interface Arguments {
  readonly rows: readonly Row[];
  /** Rounds that are counted. */
  readonly rounds: number;
  /** Fewer rounds of less work: for a look, not for a figure. */
  readonly quick: boolean;
  /** Leaves CPU profiles of ours in `bench/profiles`. */
  readonly profile: boolean;
}

/** @throws Error that says what is wrong with them */
export function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  const { quick, profile } = values;
  const rounds = Number(values.rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds takes a whole number, 1 or more');
  return { rows: chosenRows(values.rows.split(',').filter((name) => name !== '')), rounds, quick, profile };
}
