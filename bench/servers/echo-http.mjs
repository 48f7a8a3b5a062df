/**
 * A server over streamable HTTP, in a process of its own: sessions, JSON answers, no stream of its
 * own (405). It tells its port to its parent, and goes when the parent goes.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { answer } from './answers.mjs';

const sessions = new Set();

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => post(JSON.parse(Buffer.concat(chunks).toString()), request, response));
    return;
  }
  if (request.method === 'DELETE') sessions.delete(request.headers['mcp-session-id']);
  response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
});

function post(message, request, response) {
  const headers = {};
  // Revisions without a session ask this before anything else, and get the answer to any unknown method.
  const opens = message.method === 'initialize' || message.method === 'server/discover';
  if (message.method === 'initialize') {
    const id = randomUUID();
    sessions.add(id);
    headers['mcp-session-id'] = id;
  } else if (!opens && !sessions.has(request.headers['mcp-session-id'])) {
    response.writeHead(404).end();
    return;
  }
  const body = answer(message);
  if (body === null) {
    response.writeHead(202).end();
    return;
  }
  const text = JSON.stringify(body);
  headers['content-type'] = 'application/json';
  headers['content-length'] = Buffer.byteLength(text);
  response.writeHead(200, headers).end(text);
}

// Longer than any row: no socket closes under a client.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
