/** A task in a process that is killed while it is asked for, and born again. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { clientOf } from '../support/processes.js';

const script = fileURLToPath(new URL('fixtures/task-server.js', import.meta.url));

it('is picked up by its id in every process that comes after, and its result is there once', async () => {
  const file = join(tmpdir(), `tasks-${randomUUID()}.json`);
  onTestFinished(() => rm(file, { force: true }));
  const { client, running } = clientOf((mark) => ({ command: process.execPath, args: [script, file, mark] }), {
    reconnect: { initialDelay: 10, maxDelay: 50 },
  });
  const lease = await client.connect();
  const task = await lease.callTool('render', { wanted: 8, dyingAt: [2, 5] }, { task: true });
  const [result, status] = await Promise.all([task.result(), task.wait()]);
  expect(status).toMatchObject({ status: 'completed' });
  const { pids } = result.structuredContent as { pids: number[] };
  expect(pids).toHaveLength(3);
  expect(client.generation).toBe(3);
  expect(running()).toEqual(pids.slice(-1));
  await client.close();
  expect(await task.result()).toBe(result);
});
