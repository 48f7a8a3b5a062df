/**
 * The body of an event stream, as messages. One chunk may complete many events or none; what it
 * completes is handed on together and in order, so progress stays before its response (I11).
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { Limits } from '../../protocol/limits.js';
import { parseMessage } from '../../protocol/parse.js';
import { StreamPosition } from './position.js';

/** Told of an event that is no message; whether the stream is to be read any further. */
export type OtherEvents = (event: string, data: string) => boolean;

const NOTHING: readonly unknown[] = [];

/** Bytes of a message for each line of its event: what holds the lines costs many times what is in short ones. */
const BYTES_PER_LINE = 16;
const FEWEST_LINES = 1_000;

const LINE_END = /\r\n?/g;

export class EventStream {
  /** Shared by the connections that carry the stream one after the other. */
  readonly position: StreamPosition;
  readonly #limits: Limits;
  readonly #decoder = new StringDecoder('utf8');
  readonly #parser: EventSourceParser;
  readonly #maxLines: number;
  #messages: unknown[] = [];
  /** Of the event that is being read. */
  #lines = 0;
  #atLineStart = true;
  #begun = false;
  #afterReturn = false;
  #tooLarge = false;
  #noise = false;
  #stopped = false;

  constructor(limits: Limits, others: OtherEvents = () => true, position = new StreamPosition()) {
    this.#limits = limits;
    this.position = position;
    position.begin();
    this.#maxLines = Math.max(FEWEST_LINES, Math.floor(limits.messageBytes / BYTES_PER_LINE));
    this.#parser = createParser({
      maxBufferSize: limits.messageBytes,
      onRetry: (delay) => {
        position.wait(delay);
      },
      onEvent: ({ id, event, data }) => {
        if (this.#stopped) return;
        if (event === undefined || event === 'message') this.#take(data, id);
        else if (!this.#tooLarge) this.#stopped = !others(event, data);
      },
      onError: ({ type }) => {
        // Unknown fields are to be ignored; the parser mentions them.
        if (type === 'max-buffer-size-exceeded') this.#tooLarge = true;
      },
    });
  }

  /** One event is larger than a message may be. The stream cannot be read any further. */
  get tooLarge(): boolean {
    return this.#tooLarge;
  }

  /** An event was no JSON: if an answer is missing at the end, this may have been it. */
  get noise(): boolean {
    return this.#noise;
  }

  /** The messages that this chunk completes. */
  read(chunk: Buffer): readonly unknown[] {
    const text = this.#text(chunk);
    if (text === '' || this.#tooLarge || this.#stopped) return NOTHING;
    const end = this.#endOfLines(text);
    cheaply(() => {
      this.#parser.feed(text.slice(0, end));
    });
    if (end < text.length) this.#tooLarge = true;
    const messages = this.#messages;
    if (messages.length === 0) return NOTHING;
    this.#messages = [];
    return messages;
  }

  #text(chunk: Buffer): string {
    let text = this.#decoder.write(chunk);
    if (text === '') return text;
    if (!this.#begun) {
      this.#begun = true;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    // A line may end with LF, CRLF or CR. The parser holds on to a CR at the end of a chunk, for it may
    // be half a CRLF, and with it to the event before it, which may be a question to us; and where
    // there is a CR it looks for the next one anew for each line. So it gets to see LF only.
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1);
    this.#afterReturn = text.endsWith('\r');
    return text.includes('\r') ? text.replace(LINE_END, '\n') : text;
  }

  /** How far the text can be read: to its end, or to where one event has too many lines. */
  #endOfLines(text: string): number {
    let start = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', start)) {
      const isBlank = at === start && (start > 0 || this.#atLineStart);
      this.#lines = isBlank ? 0 : this.#lines + 1;
      if (this.#lines > this.#maxLines) return at;
      // Here, because an event that holds no data counts too, and the parser keeps it to itself.
      if (isBlank) this.position.blank();
      else this.position.line(text, start, at, true);
      start = at + 1;
    }
    if (start < text.length) this.position.line(text, start, text.length, false);
    this.#atLineStart = start === text.length;
    return text.length;
  }

  #take(data: string, id: string | undefined): void {
    // What follows an event that is too large must not depend on how the stream was cut.
    if (data === '' || this.#tooLarge) return;
    if (exceeds(data, this.#limits.messageBytes)) {
      this.#tooLarge = true;
      return;
    }
    const isRepeated = this.position.told(id, data);
    const value = parseMessage(data, this.#limits.depth);
    if (value === undefined) {
      this.#noise = true;
      return;
    }
    const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
    // An answer that comes twice does no harm, and one that is missed does.
    for (const message of messages) if (!isRepeated || isAnswer(message)) this.#messages.push(message);
  }
}

const isAnswer = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'id' in value && !('method' in value);

/** Counts the bytes only where the number of characters leaves it open. */
function exceeds(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);
}

/**
 * The parser makes an error of each line that it does not know, and JSON of each that is none; most of
 * what they cost is their stack, which nobody sees. (Measured: 64 KB of such lines held the loop for
 * a third of a second.) Nothing in here is the user's code.
 */
function cheaply(act: () => void): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    act();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
