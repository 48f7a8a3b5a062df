import { describe, expect, it } from 'vitest';
import type { TaskStatus } from '../../../src/index.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { started, taskClient, TaskServer } from './task-server.js';

describe('listeners of a task', () => {
  it('are all told of every change, whether sync or async, and one that throws hurts nobody [3.10.2, 3.10.3, 3.10.4]', async () => {
    const { served, task, clock, client, complaints } = await started();
    const seen: string[] = [];
    const note =
      (who: string) =>
      ({ status, statusMessage = '' }: TaskStatus): void => {
        seen.push(`${who} ${status} ${statusMessage}`.trim());
      };
    task.onStatusChange(() => {
      throw new Error('a bad listener');
    });
    task.onStatusChange(note('first'));
    task.onStatusChange((status) => Promise.resolve().then(() => note('async')(status)));
    task.onStatusChange(() => Promise.reject(new Error('a bad async listener')));
    const forget = task.onStatusChange(note('forgetful'));
    served.change('working', 'half way');
    served.tell();
    served.tell();
    await settle();
    forget();
    served.finish();
    await clock.until(task.wait());
    expect(seen.sort()).toEqual([
      'async completed half way',
      'async working half way',
      'first completed half way',
      'first working half way',
      'forgetful working half way',
    ]);
    expect(complaints.filter((complaint) => complaint === 'onStatusChange: a bad listener')).toHaveLength(2);
    expect(complaints.filter((complaint) => complaint === 'onStatusChange: a bad async listener')).toHaveLength(2);
    expect(task.current.status).toBe('completed');
    await clock.until(client.close());
  });

  it('hear nothing that comes after the end', async () => {
    const { served, task, clock, client } = await started();
    const seen: string[] = [];
    task.onStatusChange(({ status }) => seen.push(status));
    served.finish();
    served.tell();
    served.change('working');
    served.tell();
    await settle();
    expect(seen).toEqual(['completed']);
    expect(await task.status()).toMatchObject({ status: 'completed' });
    await clock.until(client.close());
  });

  it('keep what the server tells before it has answered the call', async () => {
    const served = new TaskServer();
    const { script } = served.server;
    served.server.script = (message, connection) => {
      const handled = script?.(message, connection);
      if (message.method === 'tools/call') {
        // In one chunk with the answer: nobody has had a chance to listen yet.
        served.finish();
        served.tell();
      }
      return handled;
    };
    const { client, clock } = taskClient(served);
    const lease = await client.connect();
    const task = await lease.callTool('render', {}, { task: true });
    expect(task.current.status).toBe('completed');
    await clock.until(client.close());
  });
});
