import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { McpError, RequestAbortedError, ToolError, ToolTask } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { taskClient, TaskServer, textResult } from './task-server.js';

const WORKING = { status: 'working', taskId: 'task-1' };

describe('a tool call as a task', () => {
  it('gives a handle as soon as the server has made the task, and its result when there is one [3.10.10]', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    await clock.until(
      client.use(async (lease) => {
        const task = await lease.callTool('render', { frames: 9 }, { task: { ttl: 60_000 } });
        expect(task).toBeInstanceOf(ToolTask);
        expect(task.taskId).toBe('task-1');
        expect(task.returnedImmediately).toBe(false);
        expect(task.current).toMatchObject({ ...WORKING, ttl: 60_000 });
        expect(served.server.last.sent('tools/call')[0]?.params).toEqual({
          name: 'render',
          arguments: { frames: 9 },
          task: { ttl: 60_000 },
        });
        served.finish({ ...textResult('9 frames'), structuredContent: { frames: 9 } });
        const result = await clock.until(task.result());
        expect(result.data).toEqual({ frames: 9 });
        expect(task.current.status).toBe('completed');
      }),
    );
  });

  it('asks for the result once, however often it is wanted [3.10.11]', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    served.finish();
    const both = await clock.until(Promise.all([task.result(), task.result()]));
    const later = await task.result();
    expect(both[0]).toBe(both[1]);
    expect(later).toBe(both[0]);
    expect(served.server.count('tasks/result')).toBe(1);
    await clock.until(client.close());
  });

  it('is no promise, so that awaiting the call gives the handle', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    expect('then' in task).toBe(false);
    expect(JSON.parse(JSON.stringify(task))).toMatchObject(WORKING);
    await clock.until(client.close());
  });

  it('rejects the result with the error of the tool, and gives it where that was wanted', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const strict = await lease.callTool('render', {}, { task: true });
    served.finish({ ...textResult('no ink'), isError: true }, 'failed');
    const error: unknown = await clock.until(strict.result()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ToolError);
    expect((error as ToolError).message).toBe('no ink');
    await expect(strict.result()).rejects.toBe(error);
    const lenient = await lease.getTask('task-1', { throwOnError: false });
    const result = await clock.until(lenient.result());
    expect(result.isError).toBe(true);
    await clock.until(client.close());
  });

  it('checks and types the result by the schema of the call', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const output = z.object({ at: z.coerce.date() });
    const task = await lease.callTool('render', {}, { task: true, output });
    served.finish({ content: [], structuredContent: { at: '2026-01-02T00:00:00.000Z' } });
    const { data } = await clock.until(task.result());
    expect(data.at.getTime()).toBe(Date.UTC(2026, 0, 2));
    await clock.until(client.close());
  });

  it('says why a task failed that has no result', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    served.change('failed', 'the disk is full');
    const error: unknown = await clock.until(task.result()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(McpError);
    expect(error).toMatchObject({ code: -32602, message: 'the disk is full (Task has no result)' });
    await clock.until(client.close());
  });

  it('is cancelled on request, and its result says so [3.10.12]', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    const result = outcome(task.result());
    await expect(clock.until(task.cancel())).resolves.toMatchObject({ status: 'cancelled' });
    await settle();
    expect(result.value).toBeInstanceOf(RequestAbortedError);
    expect(result.value).toMatchObject({ code: 'task_cancelled' });
    await clock.until(client.close());
  });

  it('keeps five tasks apart that run at once [3.10.15]', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const tasks = await Promise.all([1, 2, 3, 4, 5].map((n) => lease.callTool('render', { n }, { task: true })));
    for (const [index, { taskId }] of [...tasks.entries()].reverse()) {
      served.results.set(taskId, textResult(`result ${String(index)}`));
      const task = served.tasks.get(taskId);
      if (task !== undefined) task.status = 'completed';
    }
    const results = await clock.until(Promise.all(tasks.map((task) => task.result())));
    expect(results.map(({ content }) => content)).toEqual(
      [0, 1, 2, 3, 4].map((index) => [{ type: 'text', text: `result ${String(index)}` }]),
    );
    await clock.until(client.close());
  });

  it('tells progress to the end of the task, not only to its creation', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const seen: number[] = [];
    const task = await lease.callTool('render', {}, { task: true, onProgress: ({ progress }) => seen.push(progress) });
    const progressToken = served.server.last.sent('tools/call')[0]?.params?._meta?.progressToken;
    const say = (progress: number): void => {
      served.server.last.push({ method: 'notifications/progress', params: { progressToken, progress } });
    };
    say(1);
    say(2);
    served.finish();
    await clock.until(task.result());
    say(3);
    expect(seen).toEqual([1, 2]);
    await clock.until(client.close());
  });

  it('tells progress to the end of the task to the handler of the client, too', async () => {
    const served = new TaskServer();
    const seen: object[] = [];
    const { client, clock } = taskClient(served, { progressHandler: (progress) => seen.push(progress) });
    const lease = await client.connect();
    await lease.callTool('render', {}, { task: true });
    const requestId = served.server.last.sent('tools/call')[0]?.params?._meta?.progressToken;
    const params = { progressToken: requestId, progress: 1 };
    served.server.last.push({ method: 'notifications/progress', params });
    await settle();
    expect(seen).toEqual([{ progress: 1, requestId, method: 'tools/call' }]);
    await clock.until(client.close());
  });

  it('can be asked for its result again where the server could not give it', async () => {
    const served = new TaskServer();
    const { script } = served.server;
    let refusals = 1;
    served.server.script = (message, connection) => {
      if (message.method !== 'tasks/result' || refusals === 0) return script?.(message, connection);
      refusals -= 1;
      connection.refuse(message.id ?? 0, -32000, 'busy, try again');
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    served.finish();
    await expect(clock.until(task.result())).rejects.toThrow('busy, try again');
    expect((await task.result()).content).toEqual([{ type: 'text', text: 'done' }]);
    await clock.until(client.close());
  });

  it('refuses what is no request for a task', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    for (const task of [5, null, { ttl: -1 }, { ttl: Infinity }, { ttl: '60s' }]) {
      await expect(lease.callTool('render', {}, { task: task as never })).rejects.toMatchObject({ code: 'task' });
    }
    expect(served.server.count('tools/call')).toBe(0);
    await clock.until(client.close());
  });
});
