/** Over stdio, to a server that is a child process. The server's own time is not counted. */
import { fileURLToPath } from 'node:url';
import { timed, type Rig } from '../measure.js';
import type { Command, Session } from '../peers.js';
import type { Row } from '../row.js';
import { callsOver, textOf } from './calls.js';

const server: Command = {
  command: process.execPath,
  args: [fileURLToPath(new URL('../servers/echo-stdio.mjs', import.meta.url))],
};

const inFlight = (width: number, title: string, operations: number, atLeast: number): Row => ({
  id: `stdio/${String(width)}`,
  title: `stdio, ${title}`,
  unit: 'µs CPU',
  warmUps: 4,
  budget: { kind: 'speed', atLeast },
  prepare: async (peer, { scale }) => callsOver(await peer.overStdio(server), width, Math.round(operations * scale)),
});

const LARGE = 4 * 1024 * 1024;

async function largeResults(session: Session, operations: number): Promise<Rig> {
  const call = async (): Promise<void> => {
    if (textOf(await session.call('large', {}))?.length !== LARGE) throw new Error('the large result came back short');
  };
  return {
    round: async () => {
      const { value, wall } = await timed(operations, async () => {
        for (let i = 0; i < operations; i += 1) await call();
      });
      return { value: value / 1000, wall: wall / 1000 };
    },
    end: () => session.close(),
  };
}

export const stdioRows: readonly Row[] = [
  inFlight(1, 'one at a time', 3_000, 1),
  inFlight(100, '100 in flight', 10_000, 1.5),
  {
    id: 'stdio/large',
    title: 'stdio, one 4 MiB result',
    unit: 'ms CPU',
    warmUps: 1,
    budget: { kind: 'speed', atLeast: 2 },
    prepare: async (peer) => largeResults(await peer.overStdio(server), 8),
  },
];
