/** The network between us and the reference server breaks: it keeps its events, and is asked for the rest of them. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Client } from '../../src/index.js';
import { end, startHttp } from '../support/everything.js';
import { firstText } from '../support/results.js';

/** Everything goes through it, until it is cut. */
async function cable(port: number): Promise<{ url: string; cut: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`, cut };
}

it('what it sends again, of all its streams on each, is told once and in order', async () => {
  const { port, server } = await startHttp();
  onTestFinished(() => end(server));
  const { url, cut } = await cable(port);
  const client = new Client(url, { name: 'everything' });
  onTestFinished(() => client.close());
  const lease = await client.connect();
  const told: number[] = [];
  const answer = await lease.callTool(
    'trigger-long-running-operation',
    { duration: 3, steps: 12 },
    {
      timeout: 20_000,
      onProgress: ({ progress }) => {
        told.push(progress);
        if (progress === 2) {
          cut();
          // It sends nothing new on a stream that is gone on with, only what it has kept: so once more, at the end.
          setTimeout(cut, 5_000);
        }
      },
    },
  );
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(firstText(answer)).toContain('completed');
  expect(client.generation).toBe(1);
  await lease.ping();
});
