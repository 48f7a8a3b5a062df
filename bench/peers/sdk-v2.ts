/** The official SDK's client, of the line that comes next. */
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Peer, Session } from '../peers.js';

async function session(transport: Transport): Promise<Session> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(transport);
  return {
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

export const peer: Peer = {
  // The contract of a transport is the same; the types of messages come from another package.
  inMemory: (transport) => session(transport() as unknown as Transport),
  overStdio: (server) => session(new StdioClientTransport(server)),
  overHttp: (url) => session(new StreamableHTTPClientTransport(url)),
  entry: '@modelcontextprotocol/client',
};
