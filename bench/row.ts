/** A row of the table: what work it is, and what is asked of us. */
import type { Rig } from './measure.js';
import type { Peer } from './peers.js';

/** `speed`: how many times as fast as the SDK's v1 client. `cost`: how many times what it takes. */
export type Budget =
  | { readonly kind: 'speed'; readonly atLeast: number }
  | { readonly kind: 'cost'; readonly atMost: number }
  /** How many times what it takes itself for the work the row names. */
  | { readonly kind: 'own cost'; readonly atMost: number };

/** What a row may need that is not of the client. */
export interface Surroundings {
  /** Where the HTTP server listens. */
  readonly httpUrl: string;
  /** 1, or less for a quick look. */
  readonly scale: number;
}

export interface Row {
  /** `group/name`: the rows of one group run in the same processes. */
  readonly id: `${string}/${string}`;
  readonly title: string;
  readonly unit: 'µs CPU' | 'ms CPU' | 'KB heap';
  /** Rounds that are made first and not counted: compilers take their time. */
  readonly warmUps: number;
  readonly budget: Budget;
  prepare(peer: Peer, surroundings: Surroundings): Promise<Rig>;
}

export const groupOf = (row: Row): string => row.id.slice(0, row.id.indexOf('/'));
