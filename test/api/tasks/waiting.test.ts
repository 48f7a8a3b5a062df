import { describe, expect, it, onTestFinished } from 'vitest';
import { McpActorError, RequestAbortedError, RequestTimeoutError } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { started, taskClient, TaskServer, textResult } from './task-server.js';

/** What is armed in a session that nobody waits in. */
async function armedAtRest(): Promise<number> {
  const { clock, client } = await started();
  const { armed } = clock;
  await client.close();
  return armed;
}

describe('waiting for a task', () => {
  it('ends early when the server says unasked that it is done [3.10.1]', async () => {
    const { served, task, clock, client } = await started();
    const waiting = outcome(task.wait());
    await settle();
    served.finish();
    const asked = served.server.count('tasks/get');
    served.tell();
    await settle();
    expect(waiting).toMatchObject({ state: 'fulfilled', value: { status: 'completed' } });
    expect(served.server.count('tasks/get')).toBe(asked);
    expect(clock.now()).toBe(0);
    await clock.until(client.close());
  });

  it('ends when input is required [3.10.5]', async () => {
    const { served, task, clock, client } = await started();
    const waiting = outcome(task.wait());
    await settle();
    served.change('input_required', 'which colour?');
    served.tell();
    await settle();
    expect(waiting.value).toMatchObject({ status: 'input_required', statusMessage: 'which colour?' });
    await clock.until(client.close());
  });

  it('takes a state, and gives up after its timeout or by its signal [3.10.13]', async () => {
    const { served, task, clock, client } = await started();
    const toBeDone = outcome(task.wait({ state: 'completed' }));
    const brief = outcome(task.wait({ timeout: 500 }));
    const abort = new AbortController();
    const given = outcome(task.wait({ signal: abort.signal }));
    await clock.advance(499);
    expect(brief.state).toBe('pending');
    await clock.advance(1);
    expect(brief.value).toBeInstanceOf(RequestTimeoutError);
    abort.abort('enough');
    await settle();
    expect(given.value).toBeInstanceOf(RequestAbortedError);
    expect(given.value).toMatchObject({ cause: 'enough' });
    served.change('input_required');
    served.tell();
    await settle();
    expect(toBeDone.state).toBe('pending');
    served.finish();
    await clock.advance(1_000);
    expect(toBeDone).toMatchObject({ state: 'fulfilled', value: { status: 'completed' } });
    expect(await task.wait()).toMatchObject({ status: 'completed' });
    expect(await task.wait({ state: 'completed' })).toMatchObject({ status: 'completed' });
    await clock.until(client.close());
  });

  it('ends at once when the task ended in another state than the one waited for', async () => {
    const { served, task, clock, client } = await started();
    const waiting = outcome(task.wait({ state: 'completed' }));
    await settle();
    served.change('failed', 'the disk is full');
    served.tell();
    await settle();
    expect(waiting.value).toBeInstanceOf(McpActorError);
    expect(waiting.value).toMatchObject({ code: 'task_over' });
    expect(String(waiting.value)).toContain('it is failed, and will never be completed: the disk is full');
    await clock.until(client.close());
  });

  it('keeps its id, whatever the server calls it in its answers', async () => {
    const { served, task, clock, client } = await started();
    served.finish().taskId = 'another';
    expect(await clock.until(task.status())).toMatchObject({ taskId: 'task-1', status: 'completed' });
    expect(task.taskId).toBe('task-1');
    await clock.until(client.close());
  });

  it('refuses a timeout that is none', async () => {
    const { task, clock, client } = await started();
    await expect(task.wait({ timeout: -1 })).rejects.toMatchObject({ code: 'timeout' });
    await expect(task.result({ timeout: Number.NaN })).rejects.toMatchObject({ code: 'timeout' });
    await clock.until(client.close());
  });

  it('asks soon at first, then as rarely as the server wishes, in one line of questions for all who wait', async () => {
    const { served, task, clock, client } = await started(1_000);
    const waits = [outcome(task.wait()), outcome(task.wait({ state: 'completed' })), outcome(task.result())];
    await clock.advance(20);
    expect(served.server.count('tasks/get')).toBe(1);
    await clock.advance(40 + 80 + 160 + 320 + 640);
    expect(served.server.count('tasks/get')).toBe(6);
    await clock.advance(10_000);
    expect(served.server.count('tasks/get')).toBe(16);
    served.finish();
    await clock.advance(1_000);
    expect(waits.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    await clock.until(client.close());
  });

  it.each([
    ['in no time', 0, 5_000],
    ['before the last', -5_000, 5_000],
    ['all the time', 1, 100],
    ['tomorrow', 86_400_000, 60_000],
  ])('is not led by a server that wants to be asked again %s', async (_when, pollInterval, every) => {
    const { served, task, clock, client } = await started(pollInterval);
    const waiting = outcome(task.wait());
    await clock.advance(12_000);
    const before = served.server.count('tasks/get');
    await clock.advance(4 * every);
    expect(served.server.count('tasks/get') - before).toBe(4);
    expect(waiting.state).toBe('pending');
    await clock.until(client.close());
  });

  it('is soon as slow as the server wishes', async () => {
    const { served, task, clock, client } = await started(60_000);
    const waiting = outcome(task.wait());
    await clock.advance(60_000);
    expect(served.server.count('tasks/get')).toBe(6);
    await clock.advance(60_000);
    expect(served.server.count('tasks/get')).toBe(7);
    expect(waiting.state).toBe('pending');
    await clock.until(client.close());
  });

  it('has two questions under way at the most, however often it is given up', async () => {
    const { served, task, lease, clock, client } = await started();
    const { script } = served.server;
    served.server.script = (message, connection) =>
      message.method === 'tasks/get' ? true : script?.(message, connection);
    for (let n = 0; n < 100; n += 1) {
      const waiting = outcome(task.wait({ timeout: 25 }));
      await clock.advance(25);
      expect(waiting.value).toBeInstanceOf(RequestTimeoutError);
    }
    expect(client.inFlight).toHaveLength(2);
    await clock.until(lease.ping());
    // Who joins a question has its answer.
    const joined = outcome(task.wait());
    served.finish();
    const [, second] = served.server.last.sent('tasks/get');
    served.server.last.reply(second?.id ?? 0, { ...served.task });
    await clock.advance(25);
    expect(joined.state).toBe('fulfilled');
    await clock.until(client.close());
  });

  it('refuses a state that there is not, a signal that is none, and does nothing for one that is aborted', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served, { autoConnect: true, idleTimeout: 0 });
    const task = await clock.until(client.callTool('render', {}, { task: true }));
    await clock.until(client.waitFor('disconnected'));
    const sessions = served.server.connections.length;
    await expect(task.wait({ state: 'complete' as never })).rejects.toMatchObject({ code: 'task' });
    await expect(task.wait({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(RequestAbortedError);
    await expect(task.wait({ timeout: Number.NaN })).rejects.toMatchObject({ code: 'timeout' });
    await expect(task.result({ signal: new AbortController() as never })).rejects.toMatchObject({ code: 'signal' });
    await settle();
    expect(served.server.connections).toHaveLength(sessions);
    await expect(client.getTask('task-1', { kind: 'tools' as never })).rejects.toMatchObject({ code: 'task' });
    expect(served.server.connections).toHaveLength(sessions);
    expect(clock.armed).toBe(0);
  });

  it('takes a signal that is none for a mistake of its caller, also where the tool has failed', async () => {
    const { served, task, clock, client } = await started();
    served.finish({ ...textResult('no ink'), isError: true }, 'failed');
    await task.status();
    const { armed } = clock;
    const unheard: unknown[] = [];
    const note = (reason: unknown): number => unheard.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    await expect(task.result({ signal: new AbortController() as never })).rejects.toMatchObject({ code: 'signal' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
    expect(clock.armed).toBe(armed);
    await clock.until(client.close());
  });

  it('leaves no timer and no question behind', async () => {
    const atRest = await armedAtRest();
    const { served, task, clock, client } = await started();
    const abort = new AbortController();
    const waits = [outcome(task.wait({ timeout: 5_000 })), outcome(task.result({ signal: abort.signal }))];
    await clock.advance(300);
    abort.abort();
    served.finish();
    served.tell();
    await settle();
    expect(waits.map(({ state }) => state)).toEqual(['fulfilled', 'rejected']);
    expect(client.inFlight).toEqual([]);
    expect(clock.armed).toBe(atRest);
    await clock.until(client.close());
    expect(clock.armed).toBe(0);
  });

  it('lets a question be answered that nobody waits for any more: there are servers that a cancel ends', async () => {
    const { served, task, clock, client } = await started();
    const { script } = served.server;
    served.server.script = (message, connection) =>
      message.method === 'tasks/get' ? true : script?.(message, connection);
    const abort = new AbortController();
    const waiting = outcome(task.wait({ signal: abort.signal }));
    await clock.advance(20);
    abort.abort();
    await settle();
    expect(waiting.state).toBe('rejected');
    expect(client.inFlight).toMatchObject([{ method: 'tasks/get' }]);
    expect(served.server.count('notifications/cancelled')).toBe(0);
    // Who waits next does not wait for that.
    served.server.script = script;
    served.finish();
    const next = outcome(task.wait());
    await clock.advance(20);
    expect(next.state).toBe('fulfilled');
    await clock.until(client.close());
  });

  it('goes on over two questions that are not answered, and gives up at the third', async () => {
    const { served, task, clock, client } = await started();
    const { script } = served.server;
    let unanswered = 2;
    served.server.script = (message, connection) => {
      if (message.method !== 'tasks/get' || unanswered === 0) return script?.(message, connection);
      unanswered -= 1;
      return true;
    };
    const patient = outcome(task.wait());
    await clock.advance(130_000);
    expect(patient.state).toBe('pending');
    expect(unanswered).toBe(0);
    unanswered = Infinity;
    await clock.advance(200_000);
    expect(patient.value).toBeInstanceOf(RequestTimeoutError);
    await clock.until(client.close());
  });
});
