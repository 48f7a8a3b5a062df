/** Tasks of revision 2025-11-25, against the last release that has them. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  Client,
  McpError,
  RequestAbortedError,
  RequestTimeoutError,
  ToolError,
  type Lease,
  type TaskStatus,
} from '../../../src/index.js';
import { clientFor, whereTasksAre } from './places.js';
import { startWeb } from './servers.js';

whereTasksAre(({ transport, source, python }) => {
  let client: Client;
  let lease: Lease;
  beforeAll(async () => {
    client = new Client(source, { name: 'tasks', elicitationHandler: () => 'Ada' });
    lease = await client.connect();
  });
  afterAll(() => client.close());

  it('gives a handle at once, and the result when it is there, long before it would be asked for', async () => {
    const task = await lease.callTool('double', { number: 21 }, { task: true });
    expect(task.returnedImmediately).toBe(false);
    expect(task.current).toMatchObject({ taskId: task.taskId, pollInterval: 5_000 });
    const begun = performance.now();
    expect((await task.result()).data).toBe(42);
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(await task.status()).toMatchObject({ taskId: task.taskId, status: 'completed' });
    expect(await task.result()).toBe(await task.result());
  });

  it('waits until it ends, and asks how it stands meanwhile', async () => {
    const task = await lease.callTool('slow', { seconds: 0.3 }, { task: { ttl: 30_000 } });
    expect(await task.status()).toMatchObject({ status: 'working' });
    expect(await task.wait({ timeout: 10_000 })).toMatchObject({ status: 'completed' });
    expect((await task.result()).data).toBe('at last');
  });

  it('does not wait longer than it is told [3.4.7]', async () => {
    const task = await lease.callTool('slow', { seconds: 60 }, { task: true });
    await expect(task.wait({ timeout: 200 })).rejects.toBeInstanceOf(RequestTimeoutError);
    await expect(task.result({ timeout: 200 })).rejects.toBeInstanceOf(RequestTimeoutError);
    await task.cancel();
  });

  it('tells each change of status', async () => {
    const task = await lease.callTool('steps', {}, { task: true });
    const changes: TaskStatus[] = [];
    task.onStatusChange((status) => changes.push(status));
    await task.wait({ state: 'completed', timeout: 10_000 });
    expect(changes.at(-1)?.status).toBe('completed');
    expect(changes.map(({ statusMessage }) => statusMessage)).toContainEqual(expect.stringMatching(/^step \d/));
  });

  it('runs several at once', async () => {
    const tasks = await Promise.all(
      Array.from({ length: 5 }, (_, number) => lease.callTool('double', { number }, { task: true })),
    );
    expect(new Set(tasks.map(({ taskId }) => taskId)).size).toBe(5);
    const results = await Promise.all(tasks.map((task) => task.result()));
    expect(results.map(({ data }) => data)).toEqual([0, 2, 4, 6, 8]);
  });

  it('is cancelled', async () => {
    const task = await lease.callTool('slow', { seconds: 60 }, { task: true });
    expect(await task.cancel()).toMatchObject({ status: 'cancelled' });
    expect(await task.wait({ timeout: 10_000 })).toMatchObject({ status: 'cancelled' });
    await expect(task.result()).rejects.toBeInstanceOf(RequestAbortedError);
  });

  it('fails with the error of the tool', async () => {
    const task = await lease.callTool('fails', {}, { task: true });
    expect(await task.wait({ timeout: 10_000 })).toMatchObject({ status: 'failed' });
    await expect(task.result()).rejects.toBeInstanceOf(ToolError);
    await expect(task.result()).rejects.toThrow('the task went wrong');
  });

  it('asks our user while it runs', async () => {
    const task = await lease.callTool('asks', {}, { task: true });
    expect((await task.result({ timeout: 15_000 })).data).toBe('accept: Ada');
  });

  it('reads resources and fills in prompts, too', async () => {
    const resource = await lease.readResource('demo://slow', { task: true });
    expect(await resource.result()).toMatchObject([{ text: 'read in a task' }]);
    const prompt = await lease.getPrompt('slow_prompt', { topic: 'bees' }, { task: true });
    expect((await prompt.result()).messages).toMatchObject([{ content: { text: 'About bees' } }]);
  });

  it('is found again by its id', async () => {
    const { taskId } = await lease.callTool('double', { number: 4 }, { task: true });
    const task = await lease.getTask(taskId);
    expect(await task.wait({ timeout: 10_000 })).toMatchObject({ taskId, status: 'completed' });
    await expect(lease.getTask('no-such-task')).rejects.toBeInstanceOf(McpError);
    await expect(lease.cancelTask('no-such-task')).rejects.toBeInstanceOf(McpError);
    // This server gives no list of them; ours are known all the same.
    expect(await lease.listTasks()).toContainEqual(expect.objectContaining({ taskId, status: 'completed' }));
  });

  it('is refused by the server where a tool runs only as a task, and is a call as ever where it never does', async () => {
    await expect(lease.callTool('only_as_task')).rejects.toThrow(/requires task-augmented execution/);
    const task = await lease.callTool('only_as_task', {}, { task: true });
    expect((await task.result()).data).toBe('as a task');
    // It is listed, and says nothing of tasks.
    const never = await lease.callTool('never_as_task', {}, { task: true });
    expect(never.returnedImmediately).toBe(true);
    expect((await never.result()).data).toBe('at once');
  });

  it('has done all of it in one session', () => {
    expect(client.failure).toBeNull();
    expect(client.generation).toBe(1);
  });

  // Over stdio, tasks end with the process.
  if (transport === 'stdio') return;

  it('is picked up by its id in the next session', async () => {
    const other = clientFor(source);
    await other.connect();
    const { taskId } = await other.callTool('slow', { seconds: 0.5 }, { task: true });
    await other.close();
    await other.connect();
    expect(other.generation).toBe(2);
    const task = await other.getTask(taskId);
    expect(await task.wait({ timeout: 10_000 })).toMatchObject({ status: 'completed' });
  });

  it('is the business of the server: when that forgets it, the handle says so', async () => {
    const server = await startWeb(python, 'tasks.py');
    onTestFinished(() => server.stop());
    const other = clientFor(server.http, { reconnect: { initialDelay: 50, maxDelay: 200, attempts: 100 } });
    const held = await other.connect();
    const task = await held.callTool('slow', { seconds: 60 }, { task: true });
    await server.stop();
    const again = await startWeb(python, 'tasks.py', { http: Number(new URL(server.http).port), sse: 0 });
    onTestFinished(() => again.stop());
    await expect(task.result({ timeout: 15_000 })).rejects.toThrow(/not found/);
  });
});
