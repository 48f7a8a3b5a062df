import { describe, expect, it } from 'vitest';
import { RequestAbortedError } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { started, textResult } from './task-server.js';

describe('a task that wants input', () => {
  it('is asked for its result, so that the server can ask, and by polling all the same', async () => {
    const { served, task, clock, client } = await started();
    const { script } = served.server;
    const blocked: (number | string)[] = [];
    served.server.script = (message, connection) => {
      if (message.method !== 'tasks/result' || message.id === undefined) return script?.(message, connection);
      blocked.push(message.id);
      return true;
    };
    const result = outcome(task.result());
    await settle();
    served.change('input_required');
    served.tell();
    await settle();
    expect(blocked).toHaveLength(1);
    served.change('completed');
    for (const id of blocked) served.server.last.reply(id, textResult('blue'));
    await clock.advance(1_000);
    expect(result).toMatchObject({ state: 'fulfilled', value: { content: [{ text: 'blue' }] } });
    expect(blocked).toHaveLength(1);
    await clock.until(client.close());
  });

  it('is not asked again and again by a client that was refused', async () => {
    const { served, task, clock, client } = await started();
    const result = outcome(task.result());
    await settle();
    served.change('input_required');
    served.tell();
    await clock.advance(30_000);
    expect(served.server.count('tasks/result')).toBe(1);
    expect(result.state).toBe('pending');
    served.finish();
    await clock.advance(1_000);
    expect(result.state).toBe('fulfilled');
    expect(served.server.count('tasks/result')).toBe(2);
    await clock.until(client.close());
  });

  it('is let go when nobody waits for its end any more', async () => {
    const { served, task, clock, client } = await started();
    const { script } = served.server;
    served.server.script = (message, connection) =>
      message.method === 'tasks/result' ? true : script?.(message, connection);
    const abort = new AbortController();
    const result = outcome(task.result({ signal: abort.signal }));
    served.change('input_required');
    await clock.advance(20);
    expect(client.inFlight).toMatchObject([{ method: 'tasks/result' }]);
    abort.abort();
    await settle();
    expect(result.value).toBeInstanceOf(RequestAbortedError);
    expect(client.inFlight).toEqual([]);
    await clock.until(client.close());
  });
});
