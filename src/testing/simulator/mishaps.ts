/** What goes wrong by itself, at any moment: no message and no call is needed for it. */
import { actorOf, type ClientEvent } from '../../machines/index.js';
import { oneOf } from './choices.js';
import type { FaultKind } from './fault-kinds.js';
import type { Scene } from './scene.js';
import type { SimTransport } from './sim-transport.js';

type Act = () => void;

/** What it would do here and now; null where there is nothing it could happen to. */
type Mishap = (scene: Scene, transport: SimTransport | undefined) => Act | null;

const ofPeer =
  (act: (scene: Scene, transport: SimTransport) => void): Mishap =>
  (scene, transport) => {
    if (transport === undefined || transport.gone || transport.closed) return null;
    return () => {
      act(scene, transport);
    };
  };

const anywhere =
  (act: (scene: Scene) => void): Mishap =>
  (scene) =>
  () => {
    act(scene);
  };

type Named = readonly [FaultKind, Mishap];

/** Those that end a session, or pretend to: what its short states have to stand. */
const ofSession: readonly [Named, ...Named[]] = [
  [
    'peer exits',
    ofPeer((_, transport) => {
      transport.die(null);
    }),
  ],
  [
    'peer fails',
    ofPeer(({ faults }, transport) => {
      transport.die(faults.error('peer fails'));
    }),
  ],
  [
    'peer falls silent',
    ofPeer((_, transport) => {
      transport.silent = true;
    }),
  ],
  ['session actor crashes', crash],
  ['a dead session speaks', anywhere(haunt)],
];

/** Those of a server that says too much. */
const ofTalk: readonly [Named, ...Named[]] = [
  [
    'lists changed',
    ofPeer(({ server }, transport) => {
      for (let times = 0; times < 4; times += 1)
        server.post(transport, { method: 'notifications/tools/list_changed' }, server.delay());
    }),
  ],
  [
    'flood of notifications',
    ofPeer(({ server }, transport) => {
      for (let times = 0; times < 6; times += 1) server.notify(transport);
    }),
  ],
  [
    'flood of requests',
    ofPeer(({ server }, transport) => {
      server.askMany(transport);
    }),
  ],
  ['session expired', forget],
];

/** The server has forgotten the session, and its requests lead the client to find out. */
function forget({ server }: Scene, transport: SimTransport | undefined): Act | null {
  if (transport?.sessionId === undefined || transport.gone || transport.closed) return null;
  return () => {
    transport.expired = true;
    for (let times = 0; times < 3; times += 1) server.ask(transport, times);
  };
}

const mishaps: readonly [Named, ...Named[]] = [
  ...ofSession,
  ...ofTalk,
  ['event loop stalls', anywhere(({ world }) => world.stall(oneOf(world.choices, 'ms', [50, 20, 100, 300])))],
  [
    'timers run late',
    anywhere(({ world }) => {
      world.slack = Math.max(world.slack, 20);
    }),
  ],
  ['channels stall', swizzle],
];

function strike(scene: Scene, candidates: readonly [Named, ...Named[]], weight: number): void {
  const [kind, mishap] = oneOf(scene.world.choices, 'mishap', candidates);
  if (!scene.faults.draws(kind, weight)) return;
  const act = mishap(scene, scene.server.transports.at(-1));
  if (act === null) return;
  scene.faults.note(kind);
  act();
}

/** One of them strikes, if its class is on. */
export const mishap = (scene: Scene): void => {
  strike(scene, mishaps, 6);
};

/** One of those that a session may die of strikes, if its class is on. */
export const mishapOfSession = (scene: Scene): void => {
  strike(scene, ofSession, 20);
};

/** The server says too much, if that class is on. */
export const mishapOfTalk = (scene: Scene): void => {
  strike(scene, ofTalk, 20);
};

/** The session actor cannot fail by itself, but the chart has an answer to it. */
function crash({ client, faults }: Scene): Act | null {
  const actor = actorOf(client);
  if (actor.getSnapshot().children['session'] === undefined) return null;
  return () => {
    const error = faults.error('session actor crashes');
    actor.send({ type: 'xstate.error.actor.session', error } as unknown as ClientEvent);
  };
}

/** The events of a session that is long gone, all at once. */
function haunt({ client, world }: Scene): void {
  const actor = actorOf(client);
  // One of the last three that there were.
  const older = world.choices.pick(Math.max(1, Math.min(3, client.generation - 1)), 'how long gone');
  const generation = client.generation - 1 - older;
  const failure = {
    kind: 'connection',
    code: 'SIM_GHOST',
    message: 'a ghost',
    executed: 'maybe',
    retryable: true,
  } as const;
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'ghost', version: '0' } };
  const ghosts: readonly ClientEvent[] = [
    { type: 'session.opened', generation },
    { type: 'session.negotiated', generation, result },
    {
      type: 'session.received',
      generation,
      messages: [...actor.getSnapshot().context.requests.keys()].map((id) => ({ kind: 'result', id, body: {} })),
    },
    { type: 'session.suspected', generation },
    { type: 'session.challenged', generation, failure },
    { type: 'session.authorized', generation },
    { type: 'session.denied', generation, failure },
    { type: 'session.degraded', generation, failure },
    { type: 'session.restored', generation },
    { type: 'session.lost', generation, failure, answering: false },
    { type: 'session.ended', generation, chance: 0.5, evidence: null },
  ];
  for (const ghost of ghosts) actor.send(ghost);
}

/** Some channels stall, one by one, and are let go in another order. */
function swizzle({ world }: Scene): Act | null {
  const { choices } = world;
  const stalled = world.channels.filter(() => choices.chance(0.6, 'stalls'));
  if (stalled.length === 0) return null;
  return () => {
    for (const channel of stalled) {
      world.clog(channel);
      world.post(`let go of ${channel}`, oneOf(choices, 'for', [20, 40, 100, 5]), `${channel} flows again`, () => {
        world.unclog(channel);
      });
    }
  };
}
