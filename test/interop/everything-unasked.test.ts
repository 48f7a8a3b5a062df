/**
 * What takes the reference server its time, and what it says unasked, over stdio and over streamable
 * HTTP: progress, timeouts, cancelling, subscriptions, logs, tasks, and a restart.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { McpError, RequestAbortedError, RequestTimeoutError, type Lease } from '../../src/index.js';
import { everything, heard, type Everything } from '../support/everything.js';
import { firstText, textOf } from '../support/results.js';

const resource = 'demo://resource/dynamic/text/1';

describe.each(everything)('server-everything over %s', (_transport, start) => {
  let subject: Everything;
  let lease: Lease;

  beforeAll(async () => {
    subject = await start();
    lease = await subject.client.connect({ label: 'tests' });
    await heard(subject, lease);
  });
  afterAll(() => subject.stop());

  describe('a long-running operation', () => {
    const steps = 4;

    it('tells its progress, in order and before its answer [3.7.27]', async () => {
      const told: unknown[] = [];
      const onProgress = (progress: unknown): void => void told.push(progress);
      const answer = await lease.callTool('trigger-long-running-operation', { duration: 0.4, steps }, { onProgress });
      expect(told).toEqual([1, 2, 3, 4].map((progress) => ({ progress, total: steps })));
      expect(firstText(answer)).toContain('completed');
    });

    it('outlives a timeout that progress starts anew, and not one that it does not', async () => {
      const args = { duration: 1.2, steps: 12 };
      await lease.callTool('trigger-long-running-operation', args, { timeout: 700, resetTimeoutOnProgress: true });
      const timeout = lease.callTool('trigger-long-running-operation', args, { timeout: 300 });
      await expect(timeout).rejects.toBeInstanceOf(RequestTimeoutError);
    });

    it('can be aborted by a signal, and cancelled by its id', async () => {
      const controller = new AbortController();
      const aborted = lease.callTool(
        'trigger-long-running-operation',
        { duration: 30, steps: 300 },
        {
          signal: controller.signal,
          onProgress: () => controller.abort(new Error('seen enough')),
        },
      );
      await expect(aborted).rejects.toBeInstanceOf(RequestAbortedError);
      let id = 0;
      const cancelled = lease.callTool(
        'trigger-long-running-operation',
        { duration: 30, steps: 300 },
        {
          onStart: ({ requestId }) => (id = requestId),
          onProgress: () => lease.cancel(id, 'enough'),
        },
      );
      await expect(cancelled).rejects.toMatchObject({
        name: 'RequestAbortedError',
        message: expect.stringContaining('enough') as string,
      });
      await lease.ping();
    });

    it('runs beside a hundred others', async () => {
      const slow = lease.callTool('trigger-long-running-operation', { duration: 0.5, steps: 1 });
      const sums = await Promise.all(Array.from({ length: 100 }, (_, a) => textOf(lease, 'get-sum', { a, b: 1 })));
      expect(sums[99]).toBe('The sum of 99 and 1 is 100.');
      await slow;
    });
  });

  it('tells when a resource that was subscribed to is updated', async () => {
    await lease.request('resources/subscribe', { uri: resource });
    await lease.callTool('toggle-subscriber-updates');
    await subject.first('notifications/resources/updated', ({ uri }) => uri === resource);
    await lease.callTool('toggle-subscriber-updates');
    await lease.request('resources/unsubscribe', { uri: resource });
  });

  it('logs to messageHandler, at the level that was set [3.7.22]', async () => {
    await lease.setLoggingLevel('debug');
    await lease.callTool('toggle-simulated-logging');
    const logged = await subject.first('notifications/message', ({ data }) => /level.message/i.test(String(data)));
    expect(logged.params).toMatchObject({ level: expect.any(String) as string });
    await lease.callTool('toggle-simulated-logging');
    await expect(lease.setLoggingLevel('loud' as 'info')).rejects.toBeInstanceOf(McpError);
  });

  it('tells that the list of tools has changed, once it knows what we can do', async () => {
    // That is told right after the handshake: over HTTP there has to be a stream to tell it on by then.
    await subject.first('notifications/tools/list_changed');
    expect((await lease.listTools()).map(({ name }) => name)).toContain('simulate-research-query');
  });

  it('runs a task by plain requests: made, looked at, listed, and its result fetched', async () => {
    const made = await lease.request<{ task: { taskId: string; status: string } }>('tools/call', {
      name: 'simulate-research-query',
      arguments: { topic: 'statecharts' },
      task: { ttl: 60_000 },
    });
    const { taskId } = made.task;
    expect(made.task.status).toBe('working');
    expect(await lease.request('tasks/get', { taskId })).toMatchObject({ taskId });
    expect(await lease.request('tasks/list')).toMatchObject({ tasks: [{ taskId }] });
    // It is answered when the task is done, four seconds from now.
    const result = await lease.request('tasks/result', { taskId });
    expect(firstText(result as never)).toContain('# Research Report: statecharts');
    expect(await lease.request('tasks/get', { taskId })).toMatchObject({ status: 'completed' });
    await expect(lease.request('tasks/cancel', { taskId })).rejects.toBeInstanceOf(McpError);
  });

  it('has done all of it in one session', () => {
    expect(subject.client.generation).toBe(1);
    expect(subject.client.failure).toBeNull();
    expect(subject.client.inFlight).toEqual([]);
  });
});
