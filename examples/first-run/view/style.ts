/** How things look: colours where the terminal has them, numbers, times, and the strip of a run. */
import { styleText } from 'node:util';
import type { SideName } from '../lane.js';
import { SLICES, type Slice } from '../tally.js';

type Format = Parameters<typeof styleText>[0];

/** `hasColors` knows about NO_COLOR and FORCE_COLOR; what is no terminal has no such function. */
const colours = process.stdout.isTTY && process.stdout.hasColors();

export const paint = (format: Format, text: string): string => (colours ? styleText(format, text) : text);

/** Columns that may be filled: a line as wide as the terminal makes some of them wrap. */
export const width = (): number => Math.min(process.stdout.columns ?? (Number(process.env['COLUMNS']) || 100), 120) - 1;

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
