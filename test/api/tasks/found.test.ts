import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { TaskStatus } from '../../../src/index.js';
import { taskClient, TaskServer, textResult } from './task-server.js';

/** Lets the garbage be collected, as far as it can be asked for. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let n = 0; n < 3; n += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}

describe('resources and prompts as tasks', () => {
  it('gives what they would have given at once', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const reading = await lease.readResource('report://1', { task: true });
    served.finish({ contents: [{ uri: 'report://1', text: 'all is well' }] });
    expect(await clock.until(reading.result())).toEqual([{ uri: 'report://1', text: 'all is well' }]);

    served.tasks.clear();
    const filling = await lease.getPrompt('review', { file: 'a.ts' }, { task: true });
    served.finish({ messages: [{ role: 'user', content: { type: 'text', text: 'look' } }] });
    expect((await clock.until(filling.result())).messages).toHaveLength(1);
    await clock.until(client.close());
  });
});

describe('the tasks of a server', () => {
  it('are listed, of all pages, and found again by id, by another client too [3.10.14]', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    await lease.callTool('render', {}, { task: true });
    const other = taskClient(served);
    const found = await other.client.connect().then((its) => its.getTask('task-1'));
    served.finish(textResult('for anybody'));
    const { content } = await other.clock.until(found.result());
    expect(content).toEqual([{ type: 'text', text: 'for anybody' }]);
    await expect(lease.getTask('task-9')).rejects.toMatchObject({ code: -32602 });
    await other.clock.until(other.client.close());

    const pages: Record<string, object> = {
      first: { tasks: [{ ...served.task, taskId: 'a' }], nextCursor: 'second' },
      // Servers in Python leave out what is null.
      second: { tasks: [{ taskId: 'b', status: 'working' }] },
    };
    served.server.script = ({ id, method, params }, connection) => {
      if (method !== 'tasks/list' || id === undefined) return undefined;
      connection.reply(id, pages[(params?.['cursor'] as string | undefined) ?? 'first'] ?? {});
      return true;
    };
    expect((await lease.listTasks()).map(({ taskId }) => taskId)).toEqual(['a', 'b']);
    expect(await lease.listTasks({ cursor: 'second' })).toEqual([{ taskId: 'b', status: 'working', ttl: null }]);
    await clock.until(client.close());
  });

  it('have one state for all their handles, and keep no handle that nobody holds', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    const found = await lease.getTask('task-1');
    const seen: string[] = [];
    task.onStatusChange(({ status }) => seen.push(status));
    served.finish();
    expect(await found.status()).toBe(task.current);
    expect(seen).toEqual(['completed']);

    served.tasks.clear();
    await lease.callTool('render', {}, { task: true });
    const handles: WeakRef<object>[] = [];
    for (let n = 0; n < 50; n += 1) handles.push(new WeakRef(await lease.getTask('task-1')));
    await collect();
    expect(handles.filter((handle) => handle.deref() !== undefined).length).toBeLessThan(5);
    await clock.until(client.close());
  });

  it('are asked for one by one where the server lists none', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    await Promise.all([1, 2].map(() => lease.callTool('render', {}, { task: true })));
    served.tasks.delete('task-1');
    const { script } = served.server;
    served.server.script = (message, connection) => {
      if (message.method !== 'tasks/list' || message.id === undefined) return script?.(message, connection);
      connection.reply(message.id, { tasks: [] });
      return true;
    };
    expect((await lease.listTasks()).map(({ taskId }) => taskId)).toEqual(['task-2']);
    await clock.until(client.close());
  });

  it('can be cancelled by id, and their handles hear of it [3.10.14]', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    const seen: TaskStatus[] = [];
    task.onStatusChange((status) => seen.push(status));
    await expect(lease.cancelTask('task-1')).resolves.toMatchObject({ status: 'cancelled' });
    expect(seen.map(({ status }) => status)).toEqual(['cancelled']);
    expect(task.current.status).toBe('cancelled');
    await clock.until(client.close());
  });
});
