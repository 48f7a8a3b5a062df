import { RunLines } from '../../src/inspector/run-lines.js';
import type { ClientEvent, StepEffect } from '../../src/machines/index.js';
import { Chart } from '../support/chart.js';

/** The lines of a walk of the chart, as a recorder would write them. */
export class Walk {
  readonly chart: Chart;
  readonly lines: string[];
  readonly #run = new RunLines(1);
  #at = 0;
  /** Milliseconds from one event to the next. */
  pace = 1.5;

  constructor(chart = new Chart(), name = 'walker') {
    this.chart = chart;
    this.lines = [this.#run.header({ client: name, at: 0 }, chart.snapshot)];
  }

  take(event: ClientEvent | { readonly type: string }): this {
    this.chart.send(event as ClientEvent);
    this.#at += this.pace;
    this.lines.push(this.#run.event(this.#at, event as ClientEvent, this.chart.snapshot));
    return this;
  }

  /** The deadlines that are armed now, by type. */
  get deadlines(): string[] {
    const armed = new Set<string>();
    for (const effect of this.chart.effects) note(armed, effect);
    return [...armed];
  }
}

function note(armed: Set<string>, effect: StepEffect): void {
  if (effect.kind === 'armed') armed.add(effect.timer);
  if (effect.kind === 'disarmed') armed.delete(effect.timer);
}
