/** A client in virtual time, of a server that a test has made. */
import { Client, type ClientOptions } from '../../src/index.js';
import type { ScriptedServer } from '../../src/testing/scripted-server.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

export interface ScriptedClient {
  readonly client: Client;
  readonly clock: VirtualClock;
  /** What `onError` was told: where, and what. */
  readonly complaints: string[];
}

export function scriptedClient(server: ScriptedServer, options: ClientOptions = {}): ScriptedClient {
  const clock = new VirtualClock();
  const complaints: string[] = [];
  const client = new Client(server.source, {
    name: 'test',
    clock,
    random: () => 0.5,
    onError: (error, where) => complaints.push(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    ...options,
  });
  return { client, clock, complaints };
}
