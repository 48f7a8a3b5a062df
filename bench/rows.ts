/** All rows, in the order of the table. */
import { groupOf, type Row } from './row.js';
import { httpRows } from './rows/http.js';
import { memoryRows } from './rows/memory.js';
import { sessionRows } from './rows/sessions.js';
import { stdioRows } from './rows/stdio.js';

export const rows: readonly Row[] = [...memoryRows, ...stdioRows, ...httpRows, ...sessionRows];

/** The rows that are asked for, by id or by group. */
export function chosenRows(wanted: readonly string[]): readonly Row[] {
  const unknown = wanted.filter((name) => !rows.some((row) => row.id === name || groupOf(row) === name));
  if (unknown.length > 0) {
    throw new RangeError(`no row is called ${unknown.join(', ')}; there are ${rows.map(({ id }) => id).join(', ')}`);
  }
  return wanted.length === 0 ? rows : rows.filter((row) => wanted.includes(row.id) || wanted.includes(groupOf(row)));
}
