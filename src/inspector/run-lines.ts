/** One client's run as lines: a header, then one line for each event. */
import type { InspectionEvent } from '../api/inspection.js';
import { version } from '../api/options.js';
import type { ClientEvent, ClientSnapshot } from '../machines/index.js';
import { digestOf, entriesOf, holdingsOf, infinite, stateOf } from './digest.js';
import { FORMAT, type CutLine, type EndLine, type EventLine, type HeaderLine } from './format.js';
import { redacted } from './redaction.js';

/**
 * A digest reads the whole context. One is made wherever the state changes, and otherwise when as many
 * events as pay for it have gone by: at once, where little is held. Only of the two events that make up
 * nearly all traffic, and only when they follow one another faster than a millisecond, most go without.
 */
const ENTRIES_PER_EVENT = 16;
const ENTRIES_OF_TRAFFIC = 96;
const PAUSE = 1;
const TRAFFIC: ReadonlySet<string> = new Set(['requests.submitted', 'session.received']);

/** Characters of a client's name. */
const NAME = 128;

export class RunLines {
  readonly #client: number;
  #n = 0;
  #undigested = 0;
  #digestedAt = 0;
  #state = '';

  constructor(client: number) {
    this.#client = client;
  }

  header({ client: name, at }: Pick<InspectionEvent, 'client' | 'at'>, snapshot: ClientSnapshot): string {
    this.#state = stateOf(snapshot);
    return lineOf({
      recording: 'mcp-actor',
      format: FORMAT,
      package: version,
      client: this.#client,
      name: name.slice(0, NAME),
      at: rounded(at),
      options: snapshot.context.options,
      state: this.#state,
      digest: digestOf(snapshot),
    });
  }

  event(at: number, event: ClientEvent, snapshot: ClientSnapshot): string {
    const shown = redacted(event);
    const state = stateOf(snapshot);
    this.#n += 1;
    const line: EventLine = {
      client: this.#client,
      n: this.#n,
      at: rounded(at),
      event: shown,
      state,
      ...holdingsOf(snapshot),
    };
    return lineOf(this.#isDue(at, event.type, snapshot, state) ? { ...line, digest: digestOf(snapshot) } : line);
  }

  #isDue(at: number, type: string, snapshot: ClientSnapshot, state: string): boolean {
    this.#undigested += 1;
    const isTraffic = TRAFFIC.has(type) && at - this.#digestedAt < PAUSE;
    const price = entriesOf(snapshot.context) + (isTraffic ? ENTRIES_OF_TRAFFIC : 0);
    const isDue = state !== this.#state || this.#undigested * ENTRIES_PER_EVENT >= price;
    this.#state = state;
    if (!isDue) return false;
    this.#undigested = 0;
    this.#digestedAt = at;
    return true;
  }
}

/** Microseconds are enough. */
const rounded = (at: number): number => Math.round(at * 1_000) / 1_000;

/** ASCII, so that a character is a byte and no byte means anything to a terminal or an editor. */
export function lineOf(line: HeaderLine | EventLine | CutLine | EndLine): string {
  const text = JSON.stringify(line);
  // A replacer is called for every key, and would cost more than all the rest: JSON writes null for Infinity.
  const whole = text.includes(':null') ? JSON.stringify(line, infinite) : text;
  return `${'recording' in line ? whole.replace(/[^\x20-\x7e]/g, escaped) : whole}\n`;
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
