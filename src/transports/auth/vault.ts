/**
 * What is kept of a server and of authorization servers. Every name says whose a secret is, so that none is
 * shown to another.
 */
import type { z } from 'zod';
import type { TokenStore } from '../auth.js';
import { refusalOf } from './failures.js';
import { recordOf, shapes, type Place, type RegisteredClient, type Tokens } from './records.js';

export class Vault {
  readonly #store: TokenStore;
  /** Which client of ours: two that share a store are two. */
  readonly #owner: string;

  constructor(store: TokenStore, owner: string) {
    this.#store = store;
    this.#owner = owner;
  }

  place(server: URL): Promise<Place | null> {
    return this.#get(this.#key('server', server.href), shapes.place);
  }

  keepPlace(server: URL, place: Place): Promise<void> {
    return this.#set(this.#key('server', server.href), place);
  }

  tokens({ issuer, resource }: Place, server: URL): Promise<Tokens | null> {
    return this.#get(this.#key('tokens', issuer, resource ?? server.href), shapes.tokens);
  }

  keepTokens({ issuer, resource }: Place, server: URL, tokens: Tokens): Promise<void> {
    return this.#set(this.#key('tokens', issuer, resource ?? server.href), recordOf(tokens));
  }

  client(issuer: string): Promise<RegisteredClient | null> {
    return this.#get(this.#key('client', issuer), shapes.client);
  }

  keepClient(issuer: string, client: RegisteredClient): Promise<void> {
    return this.#set(this.#key('client', issuer), client);
  }

  async forgetClient(issuer: string): Promise<void> {
    await this.#try(() => this.#store.delete(this.#key('client', issuer)));
  }

  /** While another program uses a refresh token, we do not. */
  exclusive<T>({ issuer, resource }: Place, server: URL, act: () => Promise<T>): Promise<T> {
    const key = this.#key('tokens', issuer, resource ?? server.href);
    return this.#store.exclusive === undefined ? act() : this.#store.exclusive(key, act);
  }

  /** No part of it has a space in it. */
  #key(...parts: readonly string[]): string {
    return ['mcp-actor', this.#owner, ...parts].map((part) => part.replaceAll(' ', '%20')).join(' ');
  }

  async #get<T>(key: string, shape: z.ZodType<T>): Promise<T | null> {
    const parsed = shape.safeParse(await this.#try(() => this.#store.get(key)));
    return parsed.success ? parsed.data : null;
  }

  async #set(key: string, value: unknown): Promise<void> {
    await this.#try(() => this.#store.set(key, value));
  }

  async #try(act: () => unknown): Promise<unknown> {
    try {
      return await act();
    } catch (error) {
      throw refusalOf(error, 'store_failed', 'the store of the tokens failed');
    }
  }
}
