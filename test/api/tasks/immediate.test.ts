import { describe, expect, it } from 'vitest';
import { InvalidResponseError, ToolError } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { taskClient, TaskServer, textResult } from './task-server.js';

describe('where the server makes no task of it', () => {
  it('gives the answer as a task that is over, asking the server nothing more [3.10.8, 3.10.9]', async () => {
    const served = new TaskServer({ tools: {} });
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('echo', { a: 1 }, { task: true });
    expect(task.returnedImmediately).toBe(true);
    expect(served.server.last.sent('tools/call')[0]?.params).toEqual({ name: 'echo', arguments: { a: 1 } });
    expect(task.current).toMatchObject({ status: 'completed', ttl: null });
    expect(await task.status()).toBe(task.current);
    expect(await task.wait()).toBe(task.current);
    expect(await task.cancel()).toBe(task.current);
    const first = await task.result();
    await clock.until(client.close());
    expect(await task.result()).toBe(first);
    expect(served.server.last.received.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
  });

  it('keeps the error of a tool for whoever asks for the result', async () => {
    const served = new TaskServer({ tools: {} });
    served.server.script = ({ id, method }, connection) => {
      if (method !== 'tools/call' || id === undefined) return undefined;
      connection.reply(id, { ...textResult('no ink'), isError: true });
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('print', {}, { task: true });
    expect(task.current.status).toBe('failed');
    await expect(task.result()).rejects.toBeInstanceOf(ToolError);
    await clock.until(client.close());
  });

  it('takes an ordinary answer to a request for a task as the result', async () => {
    const served = new TaskServer();
    served.server.script = ({ id, method }, connection) => {
      if (method !== 'tools/call' || id === undefined) return undefined;
      connection.reply(id, textResult('at once'));
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('print', {}, { task: true });
    expect(task.returnedImmediately).toBe(true);
    expect((await task.result()).content).toEqual([{ type: 'text', text: 'at once' }]);
    await clock.until(client.close());
  });

  it('makes no task of a tool that is listed as not for tasks, and lists once in a session to know', async () => {
    const tools = [{ name: 'echo', inputSchema: { type: 'object' }, execution: { taskSupport: 'forbidden' } }];
    const served = new TaskServer(undefined, tools);
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const plain = await lease.callTool('echo', {}, { task: true });
    expect(plain.returnedImmediately).toBe(true);
    await lease.callTool('echo', {}, { task: true });
    const listedNowhere = await lease.callTool('print', {}, { task: true });
    expect(listedNowhere.returnedImmediately).toBe(false);
    expect(served.server.last.sent('tools/call').map(({ params }) => params?.['task'])).toEqual([
      undefined,
      undefined,
      {},
    ]);
    expect(served.server.count('tools/list')).toBe(1);
    await clock.until(client.close());
  });

  it.each([
    ['what says nothing of tasks', {}, undefined],
    ['what can be one', { execution: { taskSupport: 'optional' } }, {}],
    ['what must be one', { execution: { taskSupport: 'required' } }, {}],
  ])('sends a tool that is listed as a task only where it is for tasks: %s', async (_what, says, task) => {
    const served = new TaskServer(undefined, [{ name: 'echo', inputSchema: { type: 'object' }, ...says }]);
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    await lease.callTool('echo', {}, { task: true });
    expect(served.server.last.sent('tools/call')[0]?.params?.['task']).toEqual(task);
    await clock.until(client.close());
  });

  it('looks before the first call of a client that connects by itself, and in its session', async () => {
    const tools = [{ name: 'echo', inputSchema: { type: 'object' }, execution: { taskSupport: 'forbidden' } }];
    const served = new TaskServer(undefined, tools);
    const { client, clock } = taskClient(served, { autoConnect: true, idleTimeout: 0 });
    const task = await clock.until(client.callTool('echo', {}, { task: true }));
    expect(task.returnedImmediately).toBe(true);
    expect(served.server.connections).toHaveLength(1);
    await clock.until(client.close());
  });

  it('looks again when the server says that its tools have changed, and in the next session', async () => {
    const tools: object[] = [{ name: 'echo', inputSchema: { type: 'object' }, execution: { taskSupport: 'optional' } }];
    const served = new TaskServer(undefined, tools);
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const call = async (): Promise<boolean> =>
      (await clock.until(lease.callTool('echo', {}, { task: true }))).returnedImmediately;
    expect(await call()).toBe(false);
    tools[0] = { name: 'echo', inputSchema: { type: 'object' }, execution: { taskSupport: 'forbidden' } };
    served.server.last.push({ method: 'notifications/tools/list_changed' });
    await settle();
    expect(await call()).toBe(true);
    tools[0] = { name: 'echo', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } };
    served.server.last.drop();
    await clock.advance(5_000);
    expect(await call()).toBe(false);
    expect(served.server.count('tools/list')).toBe(3);
    await clock.until(client.close());
  });

  it('looks once for all who call at the same time, and not where the tools were just listed', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served);
    const [first, second] = await Promise.all([client.connect(), client.connect()]);
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? first : second).callTool('render', {}, { task: true })),
    );
    expect(served.server.count('tools/list')).toBe(1);
    served.server.last.drop();
    await clock.advance(5_000);
    await first.listTools();
    await first.callTool('render', {}, { task: true });
    expect(served.server.count('tools/list')).toBe(2);
    await clock.until(client.close());
  });

  it('looks anew for whoever still calls when the one who looked has gone', async () => {
    const served = new TaskServer();
    const { script } = served.server;
    const lists: (number | string)[] = [];
    served.server.script = (message, connection) => {
      if (message.method !== 'tools/list' || message.id === undefined) return script?.(message, connection);
      lists.push(message.id);
      return true;
    };
    const { client, clock } = taskClient(served);
    const [first, second] = await Promise.all([client.connect(), client.connect()]);
    const gone = outcome(first.callTool('render', {}, { task: true }));
    const staying = outcome(second.callTool('render', {}, { task: true }));
    await settle();
    expect(lists).toHaveLength(1);
    await first.release();
    for (const id of lists.splice(0)) served.server.last.refuse(id, -32000, 'too late');
    await clock.advance(60_000);
    for (const id of lists.splice(0)) served.server.last.reply(id, { tools: [] });
    await settle();
    expect(gone.state).toBe('rejected');
    expect(staying.state).toBe('fulfilled');
    await clock.until(client.close());
  });

  it.each([
    ['lists one that is none', { tools: [{ name: 5 }] }],
    ['lists without an end', { tools: [], nextCursor: 'more' }],
  ])('is not kept from calling by a server that %s', async (_what, page) => {
    const served = new TaskServer();
    const { script } = served.server;
    served.server.script = (message, connection) => {
      if (message.method !== 'tools/list' || message.id === undefined) return script?.(message, connection);
      const page_ = 'nextCursor' in page ? { ...page, nextCursor: String(message.id) } : page;
      connection.reply(message.id, page_);
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await clock.until(lease.callTool('render', {}, { task: true }));
    expect(task.returnedImmediately).toBe(false);
    await clock.until(client.close());
  });

  it('takes a task that cannot be read for a broken answer, and so a task that nobody asked for', async () => {
    const served = new TaskServer();
    served.server.script = ({ id, method }, connection) => {
      if (method !== 'tools/call' || id === undefined) return undefined;
      connection.reply(id, { task: { taskId: 'x', status: 'queued', ttl: null } });
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    await expect(lease.callTool('print', {}, { task: true })).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(lease.callTool('print', {})).rejects.toThrow('it is a task, and none was asked for');
    await clock.until(client.close());
  });

  it('asks again without when the server knows no tasks of it, which it says before it does anything', async () => {
    const served = new TaskServer();
    served.server.script = ({ id, method, params }, connection) => {
      if (method !== 'resources/read' || id === undefined) return undefined;
      if (params?.['task'] === undefined) connection.reply(id, { contents: [{ uri: 'a://b', text: 'here' }] });
      else connection.refuse(id, -32601, 'not as a task');
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.readResource('a://b', { task: true });
    expect(task.returnedImmediately).toBe(true);
    expect(await task.result()).toEqual([{ uri: 'a://b', text: 'here' }]);
    await clock.until(client.close());
  });

  it('rejects the call itself when it was not answered', async () => {
    const served = new TaskServer();
    served.server.script = ({ id, method }, connection) => {
      if (method !== 'tools/call' || id === undefined) return undefined;
      connection.refuse(id, -32000, 'overworked');
      return true;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    await expect(lease.callTool('print', {}, { task: true })).rejects.toMatchObject({ code: -32000 });
    await clock.until(client.close());
  });
});
