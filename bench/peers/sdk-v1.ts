/** The official SDK's client, of the line that most programs use. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
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
  inMemory: (transport) => session(transport()),
  overStdio: (server) => session(new StdioClientTransport(server)),
  // Its `sessionId` is optional in a way that `exactOptionalPropertyTypes` refuses.
  overHttp: (url) => session(new StreamableHTTPClientTransport(url) as Transport),
  entry: '@modelcontextprotocol/sdk/client/index.js',
};
