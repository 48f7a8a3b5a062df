/**
 * Where an event stream stands, over all the connections that carry it one after the other: what is
 * said in `Last-Event-ID` to go on there, how long the server asks us to wait before, and which events
 * were told already. MCP 2025-11-25, basic/transports#resumability-and-redelivery; for the fields
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
import { ToldEvents } from './told.js';

/** A longer one is not held: it goes out as a header, and servers take only so many bytes of those. */
const ID_LENGTH = 4_096;
const LONGEST_LINE = 'id: '.length + ID_LENGTH;
/** Events of one connection of which no two may have the same id, or ids say nothing. */
const WATCHED = 64;

const FIRST_LETTER = 'i'.charCodeAt(0);

/** What a header can hold: no control characters, and no white space at its ends, for that is not part of a value. */
const SPEAKABLE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/** The id as the value of a header, in UTF-8; null where it cannot be one. */
export function speakable(id: string): string | null {
  const value = Buffer.from(id).toString('latin1');
  return value.length <= ID_LENGTH && SPEAKABLE.test(value) ? value : null;
}

export class StreamPosition {
  #lastEventId: string | null;
  #retry: number | null = null;
  /** Of the event that is being read: undefined until it has an id, null when that cannot be said back. */
  #id: string | null | undefined;
  /** The line that is being read, as long as it may be an id. */
  #line: string | null = '';
  #connection = 0;
  /** The connection was asked for from an event on. */
  #goneOn = false;
  readonly #told: ToldEvents;
  /** Of the first events of the connection. */
  #ids = new Set<string>();
  #distinct = true;

  /** `told` is shared by the streams of a session. */
  constructor(lastEventId: string | null = null, told = new ToldEvents()) {
    this.#lastEventId = lastEventId;
    this.#told = told;
  }

  /** Of the last event that was read as a whole; null where the stream cannot be gone on with. */
  get lastEventId(): string | null {
    return this.#lastEventId;
  }

  /** What `Last-Event-ID` is to say; null where it is to say nothing. */
  get header(): string | null {
    return this.#lastEventId === null ? null : speakable(this.#lastEventId);
  }

  /** How long the server asks us to wait before the next connection; null where it does not say. */
  get retry(): number | null {
    return this.#retry;
  }

  /** The server asks us to wait for so long. */
  wait(delay: number): void {
    this.#retry = delay;
  }

  /** A connection begins. An event that the last one broke off is not one. */
  begin(): void {
    this.#connection += 1;
    this.#goneOn = this.#lastEventId !== null;
    if (this.#ids.size > 0) this.#ids = new Set();
    this.#id = undefined;
    this.#line = '';
  }

  /** A line, or as much of it as has come: `text` from `start` to `end`. */
  line(text: string, start: number, end: number, whole: boolean): void {
    const begun = this.#line;
    this.#line = whole ? '' : null;
    if (begun === null || (begun === '' && text.charCodeAt(start) !== FIRST_LETTER)) return;
    // One character more than may be held tells that it is too long.
    const line = begun + text.slice(start, Math.min(end, start + LONGEST_LINE + 1));
    const isId = line === 'id' || line.startsWith('id:');
    if (line.length > LONGEST_LINE) {
      if (isId) this.#id = null;
    } else if (!whole) {
      if (isId || line === 'i') this.#line = line;
    } else if (isId) this.#take(line.slice(line.startsWith('id: ') ? 4 : 3));
  }

  /** The event is over, and its id counts, whatever else it held. */
  blank(): void {
    if (this.#id !== undefined) this.#lastEventId = this.#id;
    this.#id = undefined;
  }

  /** What came of the event cannot be used, and asking for it again would bring it again. */
  pass(): void {
    this.blank();
  }

  /** Whether this event was told before. Where one connection carries an id twice, ids say nothing. */
  told(id: string | undefined, data: string): boolean {
    if (id === undefined || id === '' || !this.#distinct) return false;
    if (this.#ids.has(id)) {
      this.#distinct = false;
      return false;
    }
    if (this.#ids.size < WATCHED) this.#ids.add(id);
    return this.#told.before(id, data, this, this.#connection, this.#goneOn);
  }

  #take(id: string): void {
    // An id with NUL is ignored, as the standard says; an empty one takes back what there was.
    if (!id.includes('\0')) this.#id = speakable(id) === null ? null : id;
  }
}
