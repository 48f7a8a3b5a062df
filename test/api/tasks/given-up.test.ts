import { describe, expect, it } from 'vitest';
import { RequestAbortedError, RequestTimeoutError } from '../../../src/index.js';
import type { ScriptedServer } from '../../../src/testing/scripted-server.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { taskClient, TaskServer } from './task-server.js';

const CANCELLED = 'notifications/cancelled';

/** It answers no call, until somebody does it for it. */
function silentOnCalls(): TaskServer {
  const served = new TaskServer();
  const { script } = served.server;
  served.server.script = (message, connection) =>
    message.method === 'tools/call' ? true : script?.(message, connection);
  return served;
}

function answerLate({ last }: ScriptedServer, taskId: string, index = 0): void {
  const id = last.sent('tools/call')[index]?.id ?? 0;
  last.reply(id, { task: { taskId, status: 'working', ttl: null, createdAt: '', lastUpdatedAt: '' } });
}

describe('a request for a task that is given up before it was answered', () => {
  it('is not cancelled as a request, and the task it made is cancelled when that is told, once', async () => {
    const served = silentOnCalls();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const abort = new AbortController();
    const call = outcome(lease.callTool('render', {}, { task: true, signal: abort.signal }));
    await settle();
    abort.abort();
    await settle();
    expect(call.value).toBeInstanceOf(RequestAbortedError);
    expect(served.server.count(CANCELLED)).toBe(0);
    answerLate(served.server, 'orphan');
    answerLate(served.server, 'orphan');
    await settle();
    expect(served.server.last.sent('tasks/cancel').map(({ params }) => params)).toEqual([{ taskId: 'orphan' }]);
    expect(served.server.count(CANCELLED)).toBe(0);
    await clock.until(client.close());
  });

  it('is so where its time is over, and where the late answer is another, nothing is left to cancel', async () => {
    const served = silentOnCalls();
    const { client, clock, complaints } = taskClient(served);
    const lease = await client.connect();
    const calls = [0, 1].map(() => outcome(lease.callTool('render', {}, { task: true, timeout: 500 })));
    await clock.advance(500);
    for (const { value } of calls) expect(value).toBeInstanceOf(RequestTimeoutError);
    const [first, second] = served.server.last.sent('tools/call');
    served.server.last.refuse(first?.id ?? 0, -32000, 'overworked');
    served.server.last.reply(second?.id ?? 0, { content: [] });
    await settle();
    expect(served.server.count(CANCELLED)).toBe(0);
    expect(served.server.count('tasks/cancel')).toBe(0);
    expect(complaints).toEqual([]);
    await clock.until(client.close());
  });

  it('is remembered, but only the last few of many', async () => {
    const served = silentOnCalls();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const abort = new AbortController();
    const { signal } = abort;
    const calls = Array.from({ length: 40 }, () => outcome(lease.callTool('render', {}, { task: true, signal })));
    await settle();
    abort.abort();
    await settle();
    expect(calls.map(({ state }) => state)).toEqual(Array(40).fill('rejected'));
    for (let index = 0; index < 40; index += 1) answerLate(served.server, `orphan-${String(index)}`, index);
    await settle();
    const ids = served.server.last.sent('tasks/cancel').map(({ params }) => params?.['taskId']);
    expect(ids).toEqual(Array.from({ length: 16 }, (_, index) => `orphan-${String(24 + index)}`));
    await clock.until(client.close());
  });

  it('leaves requests that asked for no task as they are: they are cancelled', async () => {
    const served = silentOnCalls();
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = outcome(lease.callTool('render', {}, { task: true, timeout: 500 }));
    const plain = outcome(lease.callTool('render', {}, { timeout: 500 }));
    await clock.advance(500);
    expect([task.state, plain.state]).toEqual(['rejected', 'rejected']);
    const calls = served.server.last.sent('tools/call');
    const plainId = calls.find(({ params }) => params?.['task'] === undefined)?.id;
    expect(served.server.last.sent(CANCELLED).map(({ params }) => params?.['requestId'])).toEqual([plainId]);
    await clock.until(client.close());
  });
});
