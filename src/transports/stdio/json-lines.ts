/**
 * Messages as lines of JSON, in both directions (MCP 2025-11-25, basic/transports#stdio).
 */
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Limits } from '../../protocol/limits.js';
import { parseMessage } from '../../protocol/parse.js';
import { LineFramer } from './line-framer.js';
import { notSerialisable } from './failures.js';

export interface Lines {
  readonly text: string;
  /** The messages that JSON cannot express. Each fails alone. */
  readonly unwritten: readonly { readonly message: Message; readonly failure: Failure }[];
}

/** JSON may hold these raw, but readers that split lines as JavaScript does would split a message at them. */
const SEPARATORS = /[\u2028\u2029]/g;
const escaped = (separator: string): string => (separator === '\u2028' ? '\\u2028' : '\\u2029');

/** All messages as one text, in order. */
export function toLines(messages: readonly Message[]): Lines {
  let text = '';
  const unwritten: { message: Message; failure: Failure }[] = [];
  for (const message of messages) {
    try {
      text += `${JSON.stringify(message).replace(SEPARATORS, escaped)}\n`;
    } catch (error) {
      unwritten.push({ message, failure: notSerialisable(error) });
    }
  }
  return { text, unwritten };
}

/**
 * From the bytes of a server's stdout to JSON values. What is not a JSON object is noise: servers,
 * and the wrappers that start them, print banners and logs where only messages belong ("The server
 * MUST NOT write anything to its stdout that is not a valid MCP message").
 */
export class JsonLines {
  readonly #framer: LineFramer;
  readonly #depth: number;
  #noise = 0;
  #effort = 0;

  constructor(limits: Pick<Limits, 'messageBytes' | 'depth'>) {
    this.#framer = new LineFramer(limits.messageBytes);
    this.#depth = limits.depth;
  }

  /** Lines that were no message, and were ignored. */
  get noise(): number {
    return this.#noise;
  }

  /** What all lines have cost so far, where a line costs 1. It grows whatever the server writes. */
  get effort(): number {
    return this.#effort;
  }

  get scanned(): number {
    return this.#framer.scanned;
  }

  /** A message was longer than allowed; nothing follows. */
  get overflowed(): boolean {
    return this.#framer.overflowed;
  }

  /** The messages that end in this chunk. */
  read(chunk: Buffer): unknown[] {
    return this.#parse(this.#framer.push(chunk));
  }

  /** The message at the end of the stream, where the newline is missing but nothing else. */
  end(): unknown[] {
    return this.#parse(this.#framer.end());
  }

  #parse(lines: readonly string[]): unknown[] {
    const messages: unknown[] = [];
    this.#effort += lines.length;
    for (const line of lines) {
      if (!mayBeMessage(line)) {
        if (line.trim() !== '') this.#noise += 1;
        continue;
      }
      const value = parseMessage(line, this.#depth);
      if (value === undefined) {
        this.#noise += 1;
        this.#effort += SYNTAX_ERROR;
      } else if (Array.isArray(value)) {
        // A batch, which revisions before 2025-06-18 allow: its members arrived in this order.
        for (const member of value as unknown[]) messages.push(member);
        this.#effort += value.length;
      } else messages.push(value);
    }
    return messages;
  }
}

/** What it costs to be told that a short line is no JSON, in lines that are. */
const SYNTAX_ERROR = 20;

const SPACE = ' '.charCodeAt(0);

/** Asked before parsing, because the `SyntaxError` of each line in a flood of logs would cost dearly. */
function mayBeMessage(line: string): boolean {
  let first = 0;
  while (line.charCodeAt(first) <= SPACE) first += 1;
  let last = line.length - 1;
  while (line.charCodeAt(last) <= SPACE) last -= 1;
  return (line[first] === '{' && line[last] === '}') || (line[first] === '[' && line[last] === ']');
}
