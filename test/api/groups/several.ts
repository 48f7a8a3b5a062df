/** A client in virtual time in front of several servers that do as they are told. */
import { compositeLink } from '../../../src/api/groups/composite.js';
import { Client, several, type ClientOptions, type GroupServer } from '../../../src/index.js';
import { scriptedServer, type ScriptedServer, type ScriptedServerOptions } from '../../../src/testing/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

// On virtual time nothing may be loaded while it runs.
await compositeLink();

export interface Front<Name extends string> {
  readonly client: Client;
  readonly clock: VirtualClock;
  readonly servers: Readonly<Record<Name, ScriptedServer>>;
  readonly complaints: string[];
}

export function inFrontOf<Name extends string>(
  given: Readonly<Record<Name, ScriptedServerOptions>>,
  options: ClientOptions = {},
): Front<Name> {
  const clock = new VirtualClock();
  const complaints: string[] = [];
  const names = Object.keys(given) as Name[];
  const servers = Object.fromEntries(names.map((name) => [name, scriptedServer(given[name])])) as Record<
    Name,
    ScriptedServer
  >;
  const sources: Record<string, GroupServer> = Object.fromEntries(names.map((name) => [name, servers[name].source]));
  const client = new Client(several(sources), {
    name: 'front',
    clock,
    random: () => 0.5,
    onError: (error, where) => complaints.push(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    ...options,
  });
  return { client, clock, servers, complaints };
}

/** Of the newest session of a server. */
export const last = (server: ScriptedServer) => server.last;
