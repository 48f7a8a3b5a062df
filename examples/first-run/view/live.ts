/** The picture on a terminal: one line for each connection of each side, drawn anew ten times a second. */
import { stripVTControlCharacters } from 'node:util';
import logUpdate from 'log-update';
import type { Lane } from '../lane.js';
import { SLICES } from '../tally.js';
import { axis, bar, number, paint, seconds, sideName, strip, width } from './style.js';
import type { Scene, View } from './view.js';

const FRAME = 100;

interface Column {
  readonly title: string | ((seconds: number) => string);
  readonly width: number;
  readonly right?: boolean;
  readonly cell: (lane: Lane) => string;
}

const columns: readonly Column[] = [
  { title: '', width: 8, cell: ({ side, server }) => (side === 'SDK' ? server.short : '') },
  { title: '', width: 9, cell: ({ side }) => sideName(side) },
  { title: 'state', width: 12, cell: (lane) => stateOf(lane) },
  { title: 'gen', width: 3, right: true, cell: ({ connection }) => orDash(connection.status.generation) },
  { title: 'leases', width: 6, right: true, cell: ({ connection }) => orDash(connection.status.leases) },
  { title: 'in flight', width: 9, right: true, cell: ({ tally }) => number(tally.hung ?? tally.pending) },
  { title: 'settled', width: 7, right: true, cell: ({ tally }) => number(tally.settled) },
  {
    title: 'failed',
    width: 6,
    right: true,
    cell: ({ tally }) => paint(tally.failed > 0 ? 'red' : 'dim', number(tally.failed)),
  },
  { title: axis, width: SLICES, cell: ({ tally }) => strip(tally.slices) },
];

export class LiveView implements View {
  readonly #scene: Scene;
  readonly #events: string[] = [];
  #start = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  start(): void {
    this.#start = performance.now();
    this.#timer = setInterval(() => {
      this.#draw();
    }, FRAME);
    this.#draw();
  }

  event(text: string): void {
    this.#events.push(`${seconds(performance.now() - this.#start).padStart(7)}  ${text}`);
    this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#draw();
    logUpdate.done();
  }

  #draw(): void {
    const { headline, stage, seconds: duration } = this.#scene;
    const part = Math.min(1, (performance.now() - this.#start) / (duration * 1_000));
    const lines = [
      headline,
      `${bar(part)} ${seconds(part * duration * 1_000)} of ${String(duration)} s`,
      '',
      paint('dim', row(columns.map(({ title }) => (typeof title === 'string' ? title : title(duration))))),
      ...stage.lanes.map((lane) => row(columns.map(({ cell }) => cell(lane)))),
      '',
      ...this.#events,
    ];
    logUpdate(lines.map((line) => cut(line)).join('\n'));
  }
}

function stateOf({ connection }: Lane): string {
  const { state } = connection.status;
  if (state === 'ready' || state === 'connected') return paint('green', state);
  return paint(state === 'closed' ? 'red' : 'yellow', state);
}

const orDash = (value: number | null): string => (value === null ? paint('dim', '–') : number(value));

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => {
      const { width: wanted = 0, right = false } = columns[i] ?? {};
      const padding = ' '.repeat(Math.max(0, wanted - stripVTControlCharacters(cell).length));
      return right ? padding + cell : cell + padding;
    })
    .join(' ');

/** A line that wraps would tear the picture. */
function cut(line: string): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width() ? line : plain.slice(0, width());
}
