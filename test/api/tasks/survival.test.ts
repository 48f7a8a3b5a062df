import { describe, expect, it } from 'vitest';
import { SessionLostError } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { started, taskClient, TaskServer, textResult } from './task-server.js';

/** The next question of this kind kills the session it is asked in. */
function dieOf(served: TaskServer, method: string, times = 1): void {
  const { script } = served.server;
  let left = times;
  served.server.script = (message, connection) => {
    if (message.method !== method || left === 0) return script?.(message, connection);
    left -= 1;
    connection.drop(new Error('the cable was cut'));
    return true;
  };
}

describe('a task whose session is lost', () => {
  it('is waited for in the next generation, by its id', async () => {
    const { served, task, clock, client } = await started();
    const waiting = outcome(task.wait());
    const result = outcome(task.result());
    await clock.advance(100);
    served.server.last.drop(new Error('the cable was cut'));
    await clock.advance(5_000);
    expect(client.generation).toBe(2);
    expect([waiting.state, result.state]).toEqual(['pending', 'pending']);
    served.finish(textResult('survived'));
    await clock.advance(1_000);
    expect(waiting.value).toMatchObject({ status: 'completed' });
    expect(result.value).toMatchObject({ content: [{ text: 'survived' }] });
    await clock.until(client.close());
  });

  it.each(['tasks/get', 'tasks/result'])('is asked again when the session dies of a %s', async (method) => {
    const { served, task, clock, client } = await started();
    dieOf(served, method, 2);
    served.finish(textResult('survived'));
    const { content } = await clock.until(task.result());
    expect(content).toEqual([{ type: 'text', text: 'survived' }]);
    expect(client.generation).toBe(3);
    await clock.until(client.close());
  });

  it('is told of in the next generation, unasked', async () => {
    const { served, task, clock, client } = await started();
    const seen: string[] = [];
    task.onStatusChange(({ status }) => seen.push(status));
    served.server.last.drop();
    await settle();
    expect(client.generation).toBe(2);
    served.finish();
    served.tell();
    await settle();
    expect(seen).toEqual(['completed']);
    await clock.until(client.close());
  });

  it('status() is one question with one timeout, however many sessions it takes', async () => {
    const { served, task, clock, client } = await started();
    dieOf(served, 'tasks/get', 2);
    expect(await clock.until(task.status({ timeout: 10_000 }))).toMatchObject({ status: 'working' });
    const begin = clock.now();
    dieOf(served, 'tasks/get', Infinity);
    const late: unknown = await clock.until(task.status({ timeout: 2_500 })).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(Error);
    expect(clock.now() - begin).toBeLessThanOrEqual(2_500);
    await clock.until(client.close());
  });

  it('is over for whoever waits when reconnecting is given up, with the first cause', async () => {
    const { served, task, clock, client } = await started(undefined, { reconnect: { attempts: 2, initialDelay: 10 } });
    const waits = [outcome(task.wait()), outcome(task.result())];
    await clock.advance(30);
    served.server.onStart = () => Promise.reject(new Error('nobody is there'));
    served.server.last.drop(new Error('the cable was cut'));
    await clock.until(client.waitFor('disconnected'));
    await settle();
    for (const { value } of waits) {
      expect(value).toBeInstanceOf(SessionLostError);
      expect(value).toMatchObject({ cause: { message: 'the cable was cut' } });
    }
    expect(clock.armed).toBe(0);
  });

  it('says what it was lost to, where nobody holds a lease for another session', async () => {
    const { served, clock, client, lease } = await started(undefined, { reconnect: false });
    const own = await client.callTool('render', {}, { task: true });
    const waiting = outcome(own.wait());
    await clock.advance(30);
    dieOf(served, 'tasks/get');
    await clock.advance(1_000);
    await settle();
    expect(waiting.value).toBeInstanceOf(SessionLostError);
    expect(waiting.value).toMatchObject({ cause: { message: 'the cable was cut' } });
    await lease.release();
  });

  it('is asked for by a client that connects by itself, which keeps a session for as long as it waits', async () => {
    const served = new TaskServer();
    const { client, clock } = taskClient(served, { autoConnect: true, idleTimeout: 100 });
    const task = await clock.until(client.callTool('render', {}, { task: true }));
    await clock.advance(1_000);
    expect(client.state).toBe('disconnected');
    const result = outcome(task.result());
    await clock.advance(10_000);
    expect(client.leases).toHaveLength(1);
    expect(client.generation).toBe(2);
    served.finish();
    await clock.advance(1_000);
    expect(result.state).toBe('fulfilled');
    await clock.advance(1_000);
    expect(client.state).toBe('disconnected');
    expect(clock.armed).toBe(0);
  });
});
