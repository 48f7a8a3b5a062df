/** Against the official SDK's own server, with its own store of tasks. */
import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
} from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { Client, McpError, ToolError, type ClientOptions } from '../../../src/index.js';

interface Offered {
  readonly client: Client;
  readonly store: InMemoryTaskStore;
  /** How often the tool that is not for tasks has run. */
  readonly plainRuns: () => number;
  /** Each session's server, oldest first. */
  readonly servers: McpServer[];
}

/** A server for each session, all of them with one store. */
function offered(options: ClientOptions = {}): Offered {
  const store = new InMemoryTaskStore();
  const servers: McpServer[] = [];
  let runs = 0;
  const source = (): McpServer => {
    const server = new McpServer(
      { name: 'tasks', version: '1' },
      {
        capabilities: { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
        taskStore: store,
        taskMessageQueue: new InMemoryTaskMessageQueue(),
      },
    );
    server.registerTool('plain', {}, () => {
      runs += 1;
      return { content: [{ type: 'text', text: 'at once' }] };
    });
    server.experimental.tasks.registerToolTask(
      'render',
      { inputSchema: { name: z.string() }, execution: { taskSupport: 'required' } },
      {
        createTask: async (_args, { taskStore, taskRequestedTtl }) => ({
          task: await taskStore.createTask({ ttl: taskRequestedTtl ?? null, pollInterval: 20 }),
        }),
        getTask: (_args, { taskId, taskStore }) => taskStore.getTask(taskId),
        getTaskResult: async (_args, { taskId, taskStore }) => {
          const result = await taskStore.getTaskResult(taskId);
          return { ...result, content: [] };
        },
      },
    );
    servers.push(server);
    return server;
  };
  const client = new Client(source, { name: 'test', ...options });
  onTestFinished(async () => {
    await client.close();
    store.cleanup();
  });
  return { client, store, servers, plainRuns: () => runs };
}

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });

describe('the tasks of an SDK server', () => {
  it('are made, waited for and fetched', async () => {
    const { client, store } = offered();
    const lease = await client.connect();
    const task = await lease.callTool('render', { name: 'a' }, { task: { ttl: 60_000 } });
    expect(task.current).toMatchObject({ status: 'working', ttl: 60_000, pollInterval: 20 });
    expect(await task.status()).toMatchObject({ status: 'working' });
    expect(await lease.listTasks()).toMatchObject([{ taskId: task.taskId }]);
    const waiting = task.wait({ state: 'completed' });
    await store.storeTaskResult(task.taskId, 'completed', text('rendered'));
    expect(await waiting).toMatchObject({ status: 'completed' });
    const result = await task.result();
    expect(result.content).toEqual([{ type: 'text', text: 'rendered' }]);
    expect(result.meta).toEqual({ 'io.modelcontextprotocol/related-task': { taskId: task.taskId } });
  });

  it('fail with what the tool said, and are cancelled', async () => {
    const { client, store } = offered();
    const lease = await client.connect();
    const failing = await lease.callTool('render', { name: 'a' }, { task: true });
    await store.storeTaskResult(failing.taskId, 'failed', { ...text('no ink'), isError: true });
    await expect(failing.result()).rejects.toBeInstanceOf(ToolError);
    const cancelled = await lease.callTool('render', { name: 'b' }, { task: true });
    expect(await cancelled.cancel()).toMatchObject({ status: 'cancelled' });
    await expect(cancelled.result()).rejects.toMatchObject({ code: 'task_cancelled' });
    await expect(cancelled.cancel()).rejects.toBeInstanceOf(McpError);
  });

  it('can ask our user while they wait for input: the question comes with the result that we ask for', async () => {
    const { client, store, servers } = offered({ elicitationHandler: () => ({ colour: 'blue' }) });
    const lease = await client.connect();
    const task = await lease.callTool('render', { name: 'a' }, { task: true });
    const result = task.result({ timeout: 10_000 });
    await store.updateTaskStatus(task.taskId, 'input_required');
    const [server] = servers;
    const answer = await server?.server.elicitInput(
      { message: 'which colour?', requestedSchema: { type: 'object', properties: { colour: { type: 'string' } } } },
      { relatedTask: { taskId: task.taskId } },
    );
    expect(answer).toEqual({ action: 'accept', content: { colour: 'blue' } });
    await store.storeTaskResult(task.taskId, 'completed', text('blue it is'));
    expect((await result).content).toEqual([{ type: 'text', text: 'blue it is' }]);
  });

  it('are the same in the next session', async () => {
    const { client, store, servers } = offered({ reconnect: { initialDelay: 10 } });
    const lease = await client.connect();
    const task = await lease.callTool('render', { name: 'a' }, { task: true });
    const result = task.result();
    await servers[0]?.close();
    await expect.poll(() => client.generation).toBe(2);
    await store.storeTaskResult(task.taskId, 'completed', text('survived'));
    expect((await result).content).toEqual([{ type: 'text', text: 'survived' }]);
  });

  it('are asked for of no tool that is not for them: the server would run it and then refuse the answer', async () => {
    const { client, plainRuns } = offered();
    const lease = await client.connect();
    const task = await lease.callTool('plain', {}, { task: true });
    expect(task.returnedImmediately).toBe(true);
    expect((await task.result()).content).toEqual([{ type: 'text', text: 'at once' }]);
    expect(plainRuns()).toBe(1);
    await expect(lease.callTool('render', { name: 'a' })).rejects.toThrow(/requires task augmentation/);
  });
});
