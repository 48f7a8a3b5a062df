/** What becomes of a message whose text was damaged: read again by the rules of a line of JSON. */
import { parseMessage } from '../../protocol/parse.js';

/** How deep a damaged message may nest: damage makes nothing deeper. */
const DEPTH = 1_000;

/** The message when only its first bytes have come; undefined where that is no JSON. */
export function truncated(message: unknown, bytes: number): unknown {
  return parseMessage(Buffer.from(textOf(message)).toString('utf8', 0, bytes), DEPTH);
}

/** The message with the character at that place (0 to 1, 1 excluded) replaced; undefined where that is no JSON. */
export function corrupted(message: unknown, place: number, chance: number): unknown {
  const text = textOf(message);
  const at = Math.floor(place * text.length);
  const before = text.charCodeAt(at);
  // Printable ASCII, and never the same: a fault that does nothing would count as one.
  const after = FIRST + ((before - FIRST + 1 + Math.floor(chance * (PRINTABLE - 1))) % PRINTABLE);
  return parseMessage(text.slice(0, at) + String.fromCharCode(after) + text.slice(at + 1), DEPTH);
}

const FIRST = 0x20;
const PRINTABLE = 0x5f;

/** In bytes. */
export const sizeOf = (message: unknown): number => Buffer.byteLength(textOf(message));

/** What JSON cannot express is not for us to complain about: the link below does. */
function textOf(message: unknown): string {
  try {
    const text: unknown = JSON.stringify(message);
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}
