import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../src/index.js';
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
