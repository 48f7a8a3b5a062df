/** The client of the AI SDK. */
import { createMCPClient, type MCPClientConfig } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import type { Peer, Session } from '../peers.js';

type Transport = MCPClientConfig['transport'];

async function session(transport: Transport): Promise<Session> {
  const client = await createMCPClient({ transport });
  return {
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

export const peer: Peer = {
  // The contract of a transport is the same; the types of messages come from another package.
  inMemory: (transport) => session(transport() as unknown as Transport),
  overStdio: (server) => session(new StdioMCPTransport(server) as Transport),
  overHttp: (url) => session({ type: 'http', url: url.href }),
  entry: '@ai-sdk/mcp',
};
