import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { serving, tool } from '../api/results/listing-server.js';

it('a $ref that leads into the network is not followed: nobody connects, and the tool goes unchecked [row 24]', async () => {
  let connections = 0;
  const listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
  });
  const { port } = listener.address() as AddressInfo;
  const $ref = `http://127.0.0.1:${String(port)}/schema.json`;
  const { lease, complaints } = await serving({
    'tools/list': () => ({
      tools: [
        tool('t', { outputSchema: { type: 'object', properties: { a: { $ref } } } }),
        tool('u', {
          outputSchema: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', allOf: [{ $ref }] },
        }),
      ],
    }),
    'tools/call': () => ({ content: [], structuredContent: { a: 1 } }),
  });
  await lease.listTools();
  for (const name of ['t', 'u']) expect((await lease.callTool(name)).data).toEqual({ a: 1 });
  const tools = await lease.listTools();
  expect(tools.map(({ schemaError }) => schemaError)).toEqual([
    expect.stringContaining($ref),
    expect.stringContaining($ref),
  ]);
  expect(complaints).toHaveLength(2);
  expect(connections).toBe(0);
});
