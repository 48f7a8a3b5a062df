/** The tokens of one server: here, and in a store that others may write to. */
import type { Discovered } from './discovery.js';
import type { KeeperPorts } from './keeper.js';
import { sameIssuer } from './issuer.js';
import type { Place, Tokens } from './records.js';
import type { Origin, Refusals } from './refusals.js';
import type { Secrets } from './secrets.js';
import type { Vault } from './vault.js';

/** A store that has not answered for so long, in milliseconds, may never: it is asked anew. */
const PATIENCE = 10_000;

interface KeptPorts extends KeeperPorts {
  readonly server: URL;
  readonly vault: Vault;
  readonly refusals: Refusals;
  readonly secrets: Secrets;
}

export class Kept {
  readonly #ports: KeptPorts;
  #tokens: Tokens | null = null;
  #place: Place | null = null;
  #loading: { readonly done: Promise<void>; readonly since: number } | null = null;
  #isLoaded = false;

  constructor(ports: KeptPorts) {
    this.#ports = ports;
  }

  get tokens(): Tokens | null {
    return this.#tokens;
  }

  /** Whose they are. */
  get place(): Place | null {
    return this.#place;
  }

  /** The store has been read. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** `issuer`: the only one whose tokens will do. */
  load(issuer: string | undefined): Promise<void> {
    const now = this.#ports.clock.now();
    if (this.#isLoaded) return Promise.resolve();
    if (this.#loading !== null && now - this.#loading.since < PATIENCE) return this.#loading.done;
    const done = this.takeNewer(issuer, null).then(
      () => {
        this.#isLoaded = true;
      },
      (error: unknown) => {
        // It may be mended by the next time.
        if (this.#loading === loading) this.#loading = null;
        throw error;
      },
    );
    const loading = { done, since: now };
    this.#loading = loading;
    return done;
  }

  /** Reads what is kept; whether that is another token than this one. */
  async takeNewer(issuer: string | undefined, than: string | null): Promise<boolean> {
    const { vault, server, refusals } = this.#ports;
    const place = await vault.place(server);
    if (place === null || (issuer !== undefined && !sameIssuer(place.issuer, issuer))) return false;
    const kept = await vault.tokens(place, server);
    // What could not be written is here, and newer.
    if (kept !== null && kept.obtainedAt < (this.#tokens?.obtainedAt ?? 0)) return false;
    this.#place = place;
    if (kept === null) return false;
    const isNewer = kept.access !== than;
    if (kept.access !== this.#tokens?.access) refusals.got('kept');
    this.take(kept);
    return isNewer;
  }

  async keep(place: Place, tokens: Tokens, origin: Origin): Promise<void> {
    const { vault, server, refusals } = this.#ports;
    // Here first: a store that fails must not lose a refresh token that is good for one use.
    if (origin !== 'kept') refusals.got(origin);
    this.take(tokens);
    this.#place = place;
    await vault.keepTokens(place, server, tokens);
    await vault.keepPlace(server, place);
  }

  take(tokens: Tokens): void {
    this.#tokens = tokens;
    this.#ports.secrets.add(tokens.access, tokens.refresh, tokens.client?.client_secret);
  }

  isAt({ issuer }: Pick<Place, 'issuer'>): boolean {
    return this.#place !== null && sameIssuer(this.#place.issuer, issuer);
  }
}

export const placeOf = ({ issuer, resource, resourceMetadata }: Discovered): Place => ({
  issuer,
  resource,
  ...(resourceMetadata !== null && { resource_metadata: resourceMetadata }),
});

type Spot = Pick<Place, 'issuer' | 'resource'>;

export const isSamePlace = (a: Spot, b: Spot): boolean => sameIssuer(a.issuer, b.issuer) && a.resource === b.resource;
