/** Ours, as it ships: the built entry. */
import { Client, type Source } from '../../dist/index.js';
import type { Peer, Session } from '../peers.js';

async function session(source: Source, atMost?: number): Promise<Session> {
  const client = new Client(source, atMost === undefined ? {} : { limits: { inFlight: atMost, queue: atMost } });
  const lease = await client.connect();
  return {
    call: (tool, args) => lease.callTool(tool, args),
    close: () => client.close(),
  };
}

export const peer: Peer = {
  inMemory: (transport, atMost) => session(transport, atMost),
  overStdio: (server) => session(server),
  overHttp: (url) => session(url),
  entry: '../dist/index.js',
};
