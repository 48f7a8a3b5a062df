/** Clients that log in, and what can be seen of them. */
import { onTestFinished } from 'vitest';
import { Client, oauth, type ClientOptions, type OAuthOptions, type TokenStore } from '../../src/index.js';
import type { Person } from './browser.js';

/** Tokens that a test may look at: it takes the place of a user who revokes them somewhere else. */
export class OpenStore implements TokenStore {
  readonly #kept = new Map<string, unknown>();

  get(key: string): unknown {
    return this.#kept.get(key);
  }

  set(key: string, value: unknown): void {
    this.#kept.set(key, value);
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }

  /** The one of its kind: more than one would be a mistake. */
  token(kind: 'access_token' | 'refresh_token'): string {
    const found = [...JSON.stringify([...this.#kept.values()]).matchAll(new RegExp(`"${kind}":"([^"]+)"`, 'g'))];
    const [token, ...more] = new Set(found.map(([, value]) => value));
    if (token === undefined || more.length > 0) throw new Error(`${kind}: there are ${String(found.length)} of them`);
    return token;
  }
}

export interface LoggingIn {
  readonly client: Client;
  /** The states it went through, so far. */
  readonly path: readonly string[];
}

/** A client whose user is this person. It ends with the test. */
export function clientOf(person: Person, url: string, options: OAuthOptions = {}, more: ClientOptions = {}): LoggingIn {
  return watched(new Client(url, { name: 'test', auth: oauth({ openBrowser: person.open, ...options }), ...more }));
}

export function watched(client: Client): LoggingIn {
  const path: string[] = [client.getSnapshot().path];
  const transitions = client.transitions();
  void (async () => {
    for await (const { to } of transitions) path.push(to);
  })();
  onTestFinished(async () => {
    await client.close({ drain: 0, timeout: 1_000 });
    await transitions.return?.();
  });
  return { client, path };
}

/** From nothing to ready, with a login on the way: the handshake is turned down, and made again. */
export const LOGIN_PATH = [
  'disconnected',
  'connecting.opening',
  'initializing.negotiating.handshaking',
  'connecting.authorizing',
  'initializing.negotiating.handshaking',
  'ready.leased',
];

/** From nothing to ready where the token is good. */
export const KNOWN_PATH = LOGIN_PATH.filter((state, index) => state !== 'connecting.authorizing' && index !== 4);

/** What a tool said. */
export const textOf = ({ content }: { readonly content: readonly object[] }): string =>
  content.map((part) => ('text' in part ? String(part.text) : '')).join('');
