/** Over streamable HTTP, to a server in another process. The server's own time is not counted. */
import type { Row } from '../row.js';
import { callsOver } from './calls.js';

const inFlight = (width: number, title: string, operations: number, atLeast: number): Row => ({
  id: `http/${String(width)}`,
  title: `streamable HTTP, ${title}`,
  unit: 'µs CPU',
  warmUps: 3,
  budget: { kind: 'speed', atLeast },
  prepare: async (peer, { httpUrl, scale }) =>
    callsOver(await peer.overHttp(new URL(httpUrl)), width, Math.round(operations * scale)),
});

export const httpRows: readonly Row[] = [
  inFlight(1, 'one at a time', 500, 1.2),
  inFlight(100, '100 in flight', 1_000, 2.5),
];
