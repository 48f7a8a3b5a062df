/** How things look: colours where the terminal has them, numbers, times, and the strip of a run. */
import { styleText } from 'node:util';
import type { SideName } from '../lane.js';
import { SLICES, type Slice } from '../tally.js';

type Format = Parameters<typeof styleText>[0];

/** `hasColors` knows about NO_COLOR and FORCE_COLOR; what is no terminal has no such function. */
const colours = process.stdout.isTTY && process.stdout.hasColors();

export const paint = (format: Format, text: string): string => (colours ? styleText(format, text) : text);

/** The width of the terminal; in a pipe, one that suits a page. */
export const width = (): number => (process.stdout.isTTY ? process.stdout.columns : 100);

export const number = (value: number): string => value.toLocaleString('en-US');

export const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;

/** `41 ms`, `1.2 s`. */
export const span = (milliseconds: number): string =>
  milliseconds < 1_000 ? `${String(Math.round(milliseconds))} ms` : seconds(milliseconds);

export const sideName = (side: SideName): string => paint(side === 'SDK' ? 'dim' : 'bold', side);

/** One sign for each slice of the run: all went well, some did, none did, nothing came back. */
export function strip(slices: readonly Slice[]): string {
  const signs = slices.map(({ good, bad }) => {
    if (bad > 0) return good > 0 ? paint('yellow', '▓') : paint('red', '×');
    return good > 0 ? paint('green', '█') : paint('dim', '·');
  });
  return signs.join('');
}

/** The heads of the strips: when, in seconds, each quarter of the run begins. */
export function axis(seconds: number): string {
  const quarter = SLICES / 4;
  const labels = [0, 1, 2, 3].map((n) => String((seconds * n) / 4).padEnd(quarter));
  return labels.every((label) => label.length === quarter) ? labels.join('') : `over ${String(seconds)} s`;
}

export const legend = (): string =>
  [
    `${paint('green', '█')} as wished`,
    `${paint('yellow', '▓')} some failed`,
    `${paint('red', '×')} all failed`,
    `${paint('dim', '·')} no answer`,
  ].join('  ');

/** How much of the run is over. */
export function bar(part: number, length = SLICES * 2): string {
  const full = Math.min(length, Math.round(part * length));
  return paint('cyan', '━'.repeat(full)) + paint('dim', '─'.repeat(length - full));
}
