/** What a refusal says of how to do better: the parameters of `Bearer` in `WWW-Authenticate` (RFC 6750, 3; RFC 9728, 5.1). */

export interface ChallengeFacts {
  /** Where the server says what protects it. */
  readonly resourceMetadata: string | null;
  readonly scopes: readonly string[];
  readonly error: string | null;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`^[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))`);
const SCHEME = new RegExp(`^[\\s,]*(${TOKEN})(?=\\s|,|$)`);
/** Longer ones are no challenge. */
const LENGTH = 16 * 1024;
const SCOPES = 100;

/** There may be several schemes in it, of which one is Bearer; the first word on each parameter counts. */
export function factsOf(header: string | null): ChallengeFacts {
  const found = new Map<string, string>();
  let rest = (header ?? '').slice(0, LENGTH);
  let scheme = '';
  while (rest !== '') {
    const [whole = '', name = '', quoted, bare] = PARAMETER.exec(rest) ?? [];
    if (whole !== '') {
      const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1');
      if (scheme === 'bearer' && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
      rest = rest.slice(whole.length);
      continue;
    }
    const [word = '', next = ''] = SCHEME.exec(rest) ?? [];
    scheme = next.toLowerCase();
    // What is neither is stepped over.
    rest = rest.slice(Math.max(word.length, 1));
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
