/** What a session costs that does nothing: to come, to stay, to go, and to have its code loaded. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { timed, type Rig, type Sample } from '../measure.js';
import type { Peer, Session } from '../peers.js';
import type { Row } from '../row.js';
import { EchoTransport } from '../servers/echo-transport.js';
import { checkEcho } from './calls.js';

const echo = (): EchoTransport => new EchoTransport();

async function cycles(peer: Peer, operations: number): Promise<Rig> {
  await checkEcho(await peer.inMemory(echo));
  const work = async (): Promise<void> => {
    for (let i = 0; i < operations; i += 1) {
      const session = await peer.inMemory(echo);
      await session.close();
    }
  };
  return { round: () => timed(operations, work), end: () => Promise.resolve() };
}

const CLIENTS = 1_000;

/** Lets what is on its way arrive, and what is to be finalized be finalized. */
async function settledHeap(): Promise<number> {
  for (let i = 0; i < 4; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

async function idleClients(peer: Peer): Promise<Sample> {
  // Outside the count: the array of them is the bench's own.
  const sessions = Array.from<Session | undefined>({ length: CLIENTS });
  const before = await settledHeap();
  for (let i = 0; i < CLIENTS; i += 1) {
    const session = await peer.inMemory(echo);
    await checkEcho(session);
    sessions[i] = session;
  }
  const after = await settledHeap();
  for (const session of sessions) await session?.close();
  return { value: (after - before) / CLIENTS / 1024 };
}

const runNode = promisify(execFile);
const benchDirectory = fileURLToPath(new URL('..', import.meta.url));

/** In a fresh process each time, without this one's loader. */
async function importing(entry: string): Promise<Sample> {
  const script = fileURLToPath(new URL('../servers/importing.mjs', import.meta.url));
  const specifier = new URL(import.meta.resolve(entry.startsWith('.') ? `../${entry}` : entry)).href;
  const { stdout } = await runNode(process.execPath, [script, specifier], { cwd: benchDirectory });
  const { cpu, wall } = JSON.parse(stdout) as { cpu: number; wall: number };
  return { value: cpu, wall };
}

const nothingToEnd = () => Promise.resolve();

export const sessionRows: readonly Row[] = [
  {
    id: 'session/cycle',
    title: 'connect, initialize, close, in memory',
    unit: 'µs CPU',
    warmUps: 4,
    budget: { kind: 'speed', atLeast: 0.7 },
    prepare: (peer, { scale }) => cycles(peer, Math.round(1_000 * scale)),
  },
  {
    id: 'heap/idle',
    title: 'heap per idle connected client',
    unit: 'KB heap',
    warmUps: 1,
    budget: { kind: 'cost', atMost: 1 },
    prepare: (peer) => Promise.resolve({ round: () => idleClients(peer), end: nothingToEnd }),
  },
  {
    id: 'import/entry',
    title: 'importing the root entry',
    unit: 'ms CPU',
    warmUps: 1,
    budget: { kind: 'cost', atMost: 1.2 },
    prepare: (peer) => Promise.resolve({ round: () => importing(peer.entry), end: nothingToEnd }),
  },
];
