/** A client in virtual time, with a server that does as it is told. */
import { Client, type ClientOptions } from '../../src/index.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { ScriptedServer } from './scripted-server.js';

export { settle } from '../../src/testing/virtual-clock.js';

export function virtualClient(options: ClientOptions = {}): {
  client: Client;
  server: ScriptedServer;
  clock: VirtualClock;
  complaints: string[];
} {
  const clock = new VirtualClock();
  const server = new ScriptedServer();
  const complaints: string[] = [];
  const client = new Client(server.source, {
    name: 'test',
    clock,
    random: () => 0.5,
    onError: (error, where) => complaints.push(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    ...options,
  });
  return { client, server, clock, complaints };
}

/** How a promise came out, without waiting for it. */
export function outcome(promise: Promise<unknown>): {
  readonly state: 'pending' | 'fulfilled' | 'rejected';
  readonly value: unknown;
} {
  const seen: { state: 'pending' | 'fulfilled' | 'rejected'; value: unknown } = { state: 'pending', value: undefined };
  promise.then(
    (value) => {
      seen.state = 'fulfilled';
      seen.value = value;
    },
    (error: unknown) => {
      seen.state = 'rejected';
      seen.value = error;
    },
  );
  return seen;
}
