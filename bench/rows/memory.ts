/** In memory, where there is nothing but the client. */
import { keepInFlight, timed, type Rig } from '../measure.js';
import type { Peer } from '../peers.js';
import type { Row } from '../row.js';
import { EchoTransport } from '../servers/echo-transport.js';
import { callsOver, checkEcho, TEXT } from './calls.js';

const echo = (): EchoTransport => new EchoTransport();

const inFlight = (width: number, title: string, operations: number, atLeast: number): Row => ({
  id: `memory/${String(width)}`,
  title: `in memory, ${title}`,
  unit: 'µs CPU',
  warmUps: 5,
  budget: { kind: 'speed', atLeast },
  prepare: async (peer, { scale }) => callsOver(await peer.inMemory(echo), width, Math.round(operations * scale)),
});

const MANY = 10_000;
const FEW = 10;

/** The same client at ten in flight and at ten thousand, each round both; enough calls that the heap has its size. */
async function manyAndFew(peer: Peer, operations: number): Promise<Rig> {
  const session = await peer.inMemory(echo, MANY);
  await checkEcho(session);
  const call = () => session.call('echo', { text: TEXT });
  const cost = (width: number, calls: number) => timed(calls, () => keepInFlight(width, calls, call));
  return {
    round: async () => {
      const { value: base } = await cost(FEW, operations / 3);
      return { ...(await cost(MANY, operations)), base };
    },
    end: () => session.close(),
  };
}

export const memoryRows: readonly Row[] = [
  inFlight(1, 'one at a time', 20_000, 0.4),
  inFlight(100, '100 in flight', 30_000, 2),
  inFlight(1_000, '1,000 in flight', 30_000, 2),
  {
    id: 'memory/10000',
    title: 'in memory, 10,000 in flight, to its own cost at 10',
    unit: 'µs CPU',
    warmUps: 2,
    budget: { kind: 'own cost', atMost: 1.5 },
    prepare: (peer, { scale }) => manyAndFew(peer, 60_000 * scale),
  },
];
