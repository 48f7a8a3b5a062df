/**
 * The process of one client: it loads that client, prepares rows and makes rounds when it is told
 * to, and goes when its parent goes.
 */
import type { Rig } from './measure.js';
import { peers, type PeerId } from './peers.js';
import type { Surroundings } from './row.js';
import { rows } from './rows.js';

export type Order =
  | { readonly kind: 'prepare'; readonly row: string; readonly surroundings: Surroundings }
  | { readonly kind: 'round' }
  | { readonly kind: 'end' };

/** `value` is the sample of a round, and nothing otherwise. */
export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

// XState's development build checks as it goes, at several times the cost; nobody ships that.
if (import.meta.resolve('xstate').includes('development'))
  throw new Error('the development build of xstate was loaded');

const { peer } = await peers[process.argv[2] as PeerId].load();
let rig: Rig | null = null;

async function obey(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'prepare':
      rig = (await rows.find(({ id }) => id === order.row)?.prepare(peer, order.surroundings)) ?? null;
      return undefined;
    case 'round':
      return rig?.round();
    case 'end':
      await rig?.end();
      rig = null;
      return undefined;
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (value) => process.send?.({ ok: true, value } satisfies Reply),
    (error: unknown) => process.send?.({ ok: false, error: textOf(error) } satisfies Reply),
  );
});
process.on('disconnect', () => process.exit());

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

process.send?.({ ok: true, value: undefined } satisfies Reply);
