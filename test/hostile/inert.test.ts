/**
 * Rows 32 and 33: what a server says in its content is said to the caller, and moves nothing in here.
 * Links are never followed, and annotations decide nothing.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionError, SessionLostError } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { faults, type Visit } from '../support/http-faults.js';
import { processClient, seenBy } from '../support/processes.js';

/** Counts who comes: nobody should. */
async function honeypot(): Promise<{ url: string; visits: () => number }> {
  let visits = 0;
  const server = createServer((_, response) => response.end());
  server.on('connection', () => (visits += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, visits: () => visits };
}

const reply =
  (result: object) =>
  ({ response, message }: Visit): void => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
  };

describe('links in what a server says', () => {
  it('of any scheme come as the strings they are, and nobody goes there (row 32)', async () => {
    const { url, visits } = await honeypot();
    const links = ['javascript:alert(1)', 'data:text/html,<script>', 'file:///etc/passwd', 'ftp://x', '--flag', url];
    const icons = links.map((src) => ({ src }));
    const { client, server } = await httpClient();
    server.next('initialize', ({ response, message }) => {
      const result = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {}, resources: {} },
        serverInfo: { name: 'x', version: '1', websiteUrl: url, icons },
        instructions: `see ${url}`,
      };
      server.sessions.add('known');
      response
        .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'known' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
    });
    const lease = await client.connect();
    expect(client.serverInfo?.icons).toEqual(icons);

    const content = links.map((uri) => ({ type: 'resource_link', uri, name: 'link', icons }));
    server.next('tools/call', reply({ content }));
    expect((await lease.callTool('links')).content).toEqual(content);

    server.next('tools/list', reply({ tools: [{ name: 'x', inputSchema: { type: 'object', $ref: url }, icons }] }));
    expect(await lease.listTools()).toMatchObject([{ icons, inputSchema: { $ref: url } }]);

    server.next('resources/list', reply({ resources: links.map((uri) => ({ uri, name: uri, icons })) }));
    expect((await lease.listResources()).map(({ uri }) => uri)).toEqual(links);

    server.next('prompts/get', reply({ messages: [{ role: 'user', content: content[5] }] }));
    expect((await lease.getPrompt('x')).messages).toHaveLength(1);
    await lease.release();
    expect(visits()).toBe(0);
    expect(server.visits.every(({ path }) => path === '/mcp')).toBe(true);
  });

  it('in an error come with it, and nobody goes there (row 32)', async () => {
    const { url, visits } = await honeypot();
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', faults.rpcError(200, { code: -32_042, message: 'go there', data: { url } }));
    await expect(lease.callTool('x')).rejects.toMatchObject({ name: 'McpError', data: { url } });
    expect(visits()).toBe(0);
  });
});

const harmless = { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false };

describe('annotations', () => {
  it('that call a tool read-only have it called once all the same, when nobody knows whether it ran: over HTTP (row 33)', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next(
      'tools/list',
      reply({ tools: [{ name: 'erase', inputSchema: { type: 'object' }, annotations: harmless }] }),
    );
    expect(await lease.listTools()).toMatchObject([{ annotations: harmless }]);
    for (const fault of [faults.reset, faults.cutBody, faults.streamBreaks, faults.status(500), faults.html]) {
      const before = server.count('tools/call');
      server.next('tools/call', fault);
      const call = lease.callTool('erase');
      await expect(call).rejects.toBeInstanceOf(ConnectionError);
      await expect(call).rejects.toMatchObject({ executed: 'maybe' });
      // A later call is behind it: had it been made again, that would have arrived by now.
      await lease.ping();
      expect(server.count('tools/call') - before).toBe(1);
    }
  });

  it('do the same when the process dies of it (row 33)', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    await lease.listTools();
    const call = lease.callTool('exit', { code: 4 });
    await expect(call).rejects.toBeInstanceOf(SessionLostError);
    await expect(call).rejects.toMatchObject({ executed: 'maybe' });
    expect((await seenBy(lease))['tools/call']).toBe(1);
    expect(client.generation).toBe(2);
  });
});
