/** Who takes part: I2 and I3. */
import type { ClientEvent, ClientMachine } from '../../../machines/index.js';
import { accountOf, type ClientStep, type ClientWorld } from '../client-world.js';
import type { Invariant } from '../model.js';
import { leafOf } from '../stepper.js';

type Of = Invariant<ClientMachine, ClientWorld>;

export const leases: Of = {
  name: 'I2',
  sentence:
    'A lease is over by its release, by `close()`, or when reconnecting is given up, and by nothing else; releasing one that is over changes nothing.',
  inStep: (step) => grantedTwice(step) ?? endedUnduly(step) ?? releasedInVain(step) ?? forgotten(step),
};

function grantedTwice({ before, event, effects }: ClientStep): string | null {
  const { granted, ended } = accountOf(effects);
  const live = new Map(before.world.leases);
  const known = event as ClientEvent;
  if (known.type === 'lease.acquired') live.set(known.id, 'waiting');
  for (const id of granted) {
    if (live.get(id) !== 'waiting') return `lease ${id} is granted, and does not wait`;
    live.set(id, 'held');
  }
  for (const id of ended) if (!live.delete(id)) return `lease ${id} is ended, and is over`;
  return null;
}

function endedUnduly({ before, event, effects }: ClientStep): string | null {
  const known = event as ClientEvent;
  for (const { told } of [accountOf(effects)]) {
    for (const effect of told) {
      if (effect.type !== 'leases.ended') continue;
      const { reason, ids, failure } = effect;
      if (reason === 'released' && (known.type !== 'lease.released' || ids.some((id) => id !== known.id))) {
        return `leases ${ids.join(', ')} are told to be released, and nobody released them`;
      }
      if (reason === 'closed' && known.type !== 'close.requested')
        return `leases ${ids.join(', ')} end, and nobody closed`;
      if (reason !== 'failed') continue;
      if (failure === null) return `leases ${ids.join(', ')} are given up, and nothing says why`;
      if (!leafOf(before.snapshot.value).startsWith('closing.terminating'))
        return 'leases are given up before the session has ended';
      const newcomers = ids.filter((id) => before.snapshot.context.leases.get(id)?.status === 'next');
      if (newcomers.length > 0) return `lease ${newcomers.join(', ')} is given up for a session it was no part of`;
    }
  }
  return null;
}

/** In every state, for whoever was released already or never was there. */
function releasedInVain({ before, event, after, effects }: ClientStep): string | null {
  const known = event as ClientEvent;
  if (known.type !== 'lease.released') return null;
  const isOver = !before.world.leases.has(known.id);
  if (isOver && (effects.length > 0 || before.snapshot.context !== after.snapshot.context)) {
    const same = JSON.stringify(before.snapshot.context) === JSON.stringify(after.snapshot.context);
    return effects.length === 0 && same ? null : 'releasing a lease that is over changes something';
  }
  return isOver || !after.world.leases.has(known.id) ? null : `lease ${known.id} is released, and lives`;
}

/** The lease table of the chart is the list of leases that are not over. */
function forgotten({ after }: ClientStep): string | null {
  const table = after.snapshot.context.leases;
  for (const [id, status] of after.world.leases) {
    const own = table.get(id)?.status;
    if (own === undefined) return `lease ${id} is not over, and the chart has forgotten it`;
    if ((own === 'held') !== (status === 'held'))
      return `lease ${id} is ${own} in the chart, and ${status} to its caller`;
  }
  for (const id of table.keys()) if (!after.world.leases.has(id)) return `lease ${id} is over, and the chart keeps it`;
  return null;
}

export const entries: Of = {
  name: 'I3',
  sentence:
    'All who enter share one attempt and its outcome; it is abandoned only when the last of them is gone, and then it is.',
  inState: ({ snapshot }) => {
    const leaf = leafOf(snapshot.value);
    const { leases } = snapshot.context;
    const isReady = leaf.startsWith('ready') || leaf === 'initializing.waiting';
    if (isReady && leases.some(({ status }) => status !== 'held')) return `somebody still waits in ${leaf}`;
    if (/^(connecting|initializing|ready\.(leased|degraded))/.test(leaf) && leases.isEmpty())
      return `nobody is left in ${leaf}`;
    if (leaf === 'ready.idle' && !leases.isEmpty()) return 'somebody holds a lease, and the client is idle';
    if (!leaf.startsWith('closing') && leases.some(({ status }) => status === 'next'))
      return `a newcomer is passed over in ${leaf}`;
    return null;
  },
  inStep: ({ before, event, after, effects }) => {
    const type: string = event.type;
    const { spawned } = accountOf(effects);
    const from = leafOf(before.snapshot.value);
    const isAbandoned =
      /^(connecting|initializing|ready)/.test(from) && /^(closing|disconnected)/.test(leafOf(after.snapshot.value));
    const isTurnedDown = !from.startsWith('ready') && /^session\.(challenged|denied)$/.test(type);
    const mayAbandon = isTurnedDown || /^(session\.lost|close\.requested|xstate\.)/.test(type);
    if (isAbandoned && !mayAbandon && after.world.leases.size > 0)
      return `${type} ends a session that others take part in`;
    if (spawned > 0 && type === 'lease.acquired' && before.world.leases.size > 0)
      return 'a second entry starts a second attempt';
    return null;
  },
};
