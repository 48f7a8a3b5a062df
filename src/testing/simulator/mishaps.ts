/** What goes wrong by itself, at any moment: no message and no call is needed for it. */
import { actorOf, type ClientEvent } from '../../machines/index.js';
import { oneOf } from './choices.js';
import type { FaultKind } from './fault-kinds.js';
import type { Scene } from './scene.js';
import type { SimTransport } from './sim-transport.js';

type Mishap = (scene: Scene, transport: SimTransport | undefined) => void;

const ofPeer =
  (act: (scene: Scene, transport: SimTransport) => void): Mishap =>
  (scene, transport) => {
    if (transport !== undefined && !transport.gone && !transport.closed) act(scene, transport);
  };

const mishaps: readonly (readonly [FaultKind, Mishap])[] = [
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
  ['a dead session speaks', haunt],
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
      const delay = server.delay();
      for (let times = 0; times < 5; times += 1) server.ask(transport, delay);
    }),
  ],
  ['event loop stalls', ({ world }) => world.stall(oneOf(world.choices, 'ms', [50, 20, 100, 300]))],
  [
    'timers run late',
    ({ world }) => {
      world.slack = Math.max(world.slack, 20);
    },
  ],
  ['channels stall', swizzle],
];

/** Those that end a session, or pretend to: what its short states have to stand. */
const ofSession = mishaps.slice(0, 5);

function strike(scene: Scene, candidates: readonly (typeof mishaps)[number][]): void {
  const [kind, act] = oneOf(scene.world.choices, 'mishap', candidates as [(typeof mishaps)[number]]);
  if (scene.faults.strikes(kind, 6)) act(scene, scene.server.transports.at(-1));
}

/** One of them strikes, if its class is on. */
export const mishap = (scene: Scene): void => {
  strike(scene, mishaps);
};

/** One of those that a session may die of strikes, if its class is on. */
export const mishapOfSession = (scene: Scene): void => {
  strike(scene, ofSession);
};

/** The session actor cannot fail by itself, but the chart has an answer to it. */
function crash(scene: Scene): void {
  const session = actorOf(scene.client).getSnapshot().children['session'];
  if (session === undefined) return;
  const error = scene.faults.error('session actor crashes');
  actorOf(scene.client).send({ type: 'xstate.error.actor.session', error } as unknown as ClientEvent);
}

/** The events of a session that is long gone, all at once. */
function haunt({ client }: Scene): void {
  const actor = actorOf(client);
  const generation = client.generation - 1;
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
    { type: 'session.lost', generation, failure, answering: false },
    { type: 'session.ended', generation, chance: 0.5, evidence: null },
  ];
  for (const ghost of ghosts) actor.send(ghost);
}

/** Some channels stall, one by one, and are let go in another order. */
function swizzle({ world }: Scene): void {
  const { choices } = world;
  const stalled = world.channels.filter(() => choices.chance(0.6, 'stalls'));
  for (const channel of stalled) {
    world.clog(channel);
    world.post(`let go of ${channel}`, oneOf(choices, 'for', [20, 40, 100, 5]), `${channel} flows again`, () => {
      world.unclog(channel);
    });
  }
}
