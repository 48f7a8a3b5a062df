/** What a refusal says of how to do better: the parameters of `Bearer` in `WWW-Authenticate` (RFC 6750, 3; RFC 9728, 5.1). */

export interface ChallengeFacts {
  /** Where the server says what protects it. */
  readonly resourceMetadata: string | null;
  readonly scopes: readonly string[];
  readonly error: string | null;
}

/** Each at one place of the text, and over a whole run at once: what fits no grammar costs no more than what does. */
const SEPARATORS = /[\s,]*/y;
const WORD = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"([^"\\]*(?:\\.[^"\\]*)*)"/y;
const BARE = /[^\s,"]+/y;
/** Longer ones are no challenge. */
const LENGTH = 16 * 1024;
const SCOPES = 100;

/** There may be several schemes in it, of which one is Bearer; the first word on each parameter counts. */
export function factsOf(header: string | null): ChallengeFacts {
  const found = new Map<string, string>();
  const text = (header ?? '').slice(0, LENGTH);
  let scheme = '';
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    next(SEPARATORS);
    const word = next(WORD)?.[0].toLowerCase();
    if (word === undefined) {
      // What is neither a word nor between words is stepped over.
      at += 1;
      scheme = '';
      continue;
    }
    const end = at;
    const value = next(EQUALS) === null ? undefined : (next(QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? next(BARE)?.[0]);
    if (value !== undefined) {
      if (scheme === 'bearer' && !found.has(word)) found.set(word, value);
      continue;
    }
    at = end;
    scheme = at === text.length || /[\s,]/.test(text.charAt(at)) ? word : '';
  }
  return {
    resourceMetadata: found.get('resource_metadata') ?? null,
    scopes: scopesOf(found.get('scope')).slice(0, SCOPES),
    error: found.get('error') ?? null,
  };
}

/** The words of a scope, each once. What cannot be sent as one is left out. */
export const scopesOf = (text: string | undefined): readonly string[] => [
  ...new Set((text ?? '').split(' ').filter((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word))),
];

export const united = (...sets: readonly (readonly string[])[]): readonly string[] => [...new Set(sets.flat())];

export const includesAll = (had: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((one) => had.includes(one));
