/** Code that calls back into the same client from inside its callbacks, over real pipes and real sockets. */
import { describe, expect, it } from 'vitest';
import type { Client, ClientOptions, Lease } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { processClient } from '../support/processes.js';
import { firstText } from '../support/results.js';

/** A client, and the name of the tool that reports progress and answers in one chunk. */
interface Subject {
  readonly client: Client;
  readonly tool: string;
}

const transports: [string, (options: ClientOptions) => Promise<Subject>][] = [
  ['stdio', async (options) => ({ ...processClient([], options), tool: 'progress' })],
  ['HTTP', async (options) => ({ ...(await httpClient({}, options)), tool: 'count' })],
];

describe.each(transports)('over %s', (_name, start) => {
  const withHandler = async (inside: (lease: Lease, client: Client) => Promise<unknown>) => {
    const results: Promise<unknown>[] = [];
    const held: Lease[] = [];
    const messageHandler = (): void => {
      for (const lease of held) if (results.length < 20) results.push(inside(lease, client));
    };
    const { client, tool } = await start({ messageHandler });
    const lease = await client.connect();
    held.push(lease);
    return { client, lease, tool, results };
  };

  it('listing tools inside messageHandler completes', async () => {
    const { lease, tool, results } = await withHandler((held) => held.listTools());
    await lease.callTool(tool, { steps: 3 }, { onProgress: () => undefined });
    expect(results).toHaveLength(3);
    for (const tools of await Promise.all(results)) expect(tools).not.toHaveLength(0);
  });

  it('calling a tool inside a progress callback completes, and so does what is called inside that', async () => {
    const { client, tool } = await start({});
    const lease = await client.connect();
    let inner = 0;
    const nested = async (depth: number): Promise<void> => {
      const calls: Promise<void>[] = [];
      const onProgress = (): void => {
        inner += 1;
        if (depth > 0) calls.push(nested(depth - 1));
      };
      await lease.callTool(tool, { steps: 2 }, { onProgress });
      await Promise.all(calls);
    };
    await nested(3);
    expect(inner).toBe(2 + 4 + 8 + 16);
  });

  it('calling the tool that makes the notifications from inside messageHandler completes', async () => {
    const { lease, tool, results } = await withHandler((held) =>
      held.callTool(tool, { steps: 2 }, { onProgress: () => undefined }),
    );
    await lease.callTool(tool, { steps: 2 }, { onProgress: () => undefined });
    // Each call makes two more, until there are twenty.
    await expect.poll(() => results.length).toBe(20);
    await Promise.all(results);
  });

  it('connecting and releasing inside either completes, and ends nothing', async () => {
    const inside = async (_lease: Lease, client: Client): Promise<void> => {
      const inner = await client.connect({ label: 'inner' });
      await inner.ping();
      await inner.release();
    };
    const { client, lease, tool, results } = await withHandler(inside);
    const inProgress: Promise<void>[] = [];
    const onProgress = (): void => void inProgress.push(inside(lease, client));
    await lease.callTool(tool, { steps: 3 }, { onProgress });
    await Promise.all([...results, ...inProgress]);
    expect([results.length, inProgress.length]).toEqual([3, 3]);
    expect(client.leases).toHaveLength(1);
    expect(client.generation).toBe(1);
  });

  it('releasing the last lease inside a progress callback delivers the answer, and ends the session', async () => {
    const { client, tool } = await start({});
    const lease = await client.connect();
    const released: Promise<void>[] = [];
    const call = lease.callTool(tool, { steps: 2 }, { onProgress: () => void released.push(lease.release()) });
    expect(firstText(await call)).toMatch(/done|counted/);
    await Promise.all(released);
    expect(client.state).toBe('disconnected');
  });

  it('closing and connecting again inside messageHandler ends one session and begins the next', async () => {
    const { client, lease, tool, results } = await withHandler(async (_held, own) => {
      await own.close();
      return own.connect();
    });
    const call = lease.callTool(tool, { steps: 1 }, { onProgress: () => undefined });
    expect(firstText(await call)).toMatch(/done|counted/);
    const [next] = await Promise.all(results as Promise<Lease>[]);
    expect(lease.active).toBe(false);
    expect(client.generation).toBe(2);
    await next?.ping();
  });
});
