import { describe, expect, it } from 'vitest';
import { ClosedError } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { outcome } from '../../support/virtual-client.js';
import { started } from './task-server.js';

describe('after close()', () => {
  it('whoever waits is told that the client was closed, and so is whoever asks [3.10.6]', async () => {
    const { task, client, clock } = await started();
    const waits = [outcome(task.wait()), outcome(task.result()), outcome(task.wait({ state: 'failed' }))];
    await clock.advance(100);
    await clock.until(client.close());
    for (const { value } of waits) expect(value).toBeInstanceOf(ClosedError);
    await expect(task.status()).rejects.toBeInstanceOf(ClosedError);
    await expect(task.wait()).rejects.toBeInstanceOf(ClosedError);
    await expect(task.result()).rejects.toBeInstanceOf(ClosedError);
    expect(clock.armed).toBe(0);
  });

  it('is so for a task of the client itself, between two questions and within one', async () => {
    const { served, client, clock } = await started();
    const own = await client.callTool('render', {}, { task: true });
    const between = outcome(own.wait());
    await clock.advance(100);
    const { script } = served.server;
    served.server.script = (message, connection) =>
      message.method === 'tasks/get' ? true : script?.(message, connection);
    const other = await client.callTool('render', {}, { task: true });
    const within = outcome(other.wait());
    await clock.advance(25);
    await clock.until(client.close());
    expect(between.value).toBeInstanceOf(ClosedError);
    expect(within.value).toBeInstanceOf(ClosedError);
  });

  it('a result that was fetched is still there [3.10.7]', async () => {
    const { served, task, client, clock } = await started();
    served.finish();
    const result = await clock.until(task.result());
    await clock.until(client.close());
    expect(await task.result()).toBe(result);
    expect(await task.status()).toMatchObject({ status: 'completed' });
  });

  it('is so for the tasks of one lease when it is released, and not for those of others', async () => {
    const { served, client, clock, task, lease } = await started();
    const other = await client.connect();
    const others = await other.getTask('task-1');
    const mine = outcome(task.wait());
    const theirs = outcome(others.wait());
    await clock.advance(100);
    await lease.release();
    await settle();
    expect(mine.value).toBeInstanceOf(ClosedError);
    expect(mine.value).toMatchObject({ code: 'lease_released' });
    served.finish();
    await clock.advance(1_000);
    expect(theirs.state).toBe('fulfilled');
    await clock.until(client.close());
  });
});
