/**
 * An HTTP server of our own, run as a process of its own. Its sessions live in its memory and die
 * with it; to one that it does not know it says 404, as the specification wants it
 * (MCP 2025-11-25, basic/transports#session-management).
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { serverWithTools } from './tools.js';

const sessions = new Map<string, StreamableHTTPServerTransport>();

async function newSession(): Promise<StreamableHTTPServerTransport> {
  const session = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, session),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await serverWithTools().connect(session);
  return session;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const session = id === undefined ? await newSession() : sessions.get(String(id));
  if (session === undefined) {
    const error = { code: -32_001, message: 'Session not found' };
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
    return;
  }
  await session.handleRequest(request, response);
}

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  console.error(`listening on port ${String((server.address() as AddressInfo).port)}`);
});
