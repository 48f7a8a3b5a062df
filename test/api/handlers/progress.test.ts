import { describe, expect, it } from 'vitest';
import type { Progress, RequestProgress } from '../../../src/index.js';
import { settle } from '../../support/virtual-client.js';
import { ask, type Work } from './fixtures/asking-server.js';
import { asking } from './fixtures/server-calls.js';
import { silentFor } from '../../support/scripted-server.js';

/** Tells of steps, if it was asked to. */
const steps =
  (total: number): Work =>
  async (_server, { _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken;
    if (progressToken === undefined) return 'nobody asked';
    for (const progress of [1, 2]) {
      const params = { progressToken, progress, total, message: `step ${String(progress)}` };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return 'told';
  };

describe('progress', () => {
  it('is told to the handler of the client, with the request it is of [3.7.26]', async () => {
    const heard: RequestProgress[] = [];
    const { answer } = await ask({ progressHandler: (progress) => heard.push(progress) }, steps(2));
    expect(answer).toBe('told');
    const of = { requestId: expect.any(Number) as number, method: 'tools/call', total: 2 };
    expect(heard).toEqual([
      { ...of, progress: 1, message: 'step 1' },
      { ...of, progress: 2, message: 'step 2' },
    ]);
  });

  it('is told to the handler of the call [3.7.27], which stands in for that of the client [3.7.28]', async () => {
    const ofClient: RequestProgress[] = [];
    const ofCall: Progress[] = [];
    const { lease, server, connection } = await asking({ progressHandler: (progress) => ofClient.push(progress) });
    server.script = silentFor('slow');
    const call = lease.callTool('slow', {}, { onProgress: (progress) => ofCall.push(progress) });
    await settle();
    const { id } = connection.sent('tools/call')[0] ?? {};
    connection.push({ method: 'notifications/progress', params: { progressToken: id, progress: 1 } });
    connection.reply(id ?? 0, { content: [] });
    await call;
    expect(ofCall).toEqual([{ progress: 1 }]);
    expect(ofClient).toEqual([]);
  });

  it('of a total of zero is told [3.7.29]', async () => {
    const heard: RequestProgress[] = [];
    await ask({ progressHandler: (progress) => heard.push(progress) }, steps(0));
    expect(heard.map(({ total }) => total)).toEqual([0, 0]);
  });

  it('is not asked for when nobody would hear of it, nor on notifications', async () => {
    const { answer } = await ask({}, steps(1));
    expect(answer).toBe('nobody asked');
    const { lease, connection } = await asking({ progressHandler: () => undefined });
    await lease.notify('notifications/roots/list_changed');
    expect(connection.sent('notifications/roots/list_changed')[0]?.params).toBeUndefined();
  });

  it('of a request that is settled, or of somebody else, reaches no progress handler', async () => {
    const heard: RequestProgress[] = [];
    const { lease, connection } = await asking({ progressHandler: (progress) => heard.push(progress) });
    await lease.callTool('quick');
    const { id } = connection.sent('tools/call')[0] ?? {};
    connection.push(
      { method: 'notifications/progress', params: { progressToken: id, progress: 1 } },
      { method: 'notifications/progress', params: { progressToken: 12_345, progress: 1 } },
    );
    await settle();
    expect(heard).toEqual([]);
  });

  it('whose handler throws or rejects hurts nobody [2.3.29]', async () => {
    const { answer, complaints } = await ask(
      {
        progressHandler: ({ progress }) => {
          if (progress === 1) throw new Error('thrown');
          return Promise.reject(new Error('rejected'));
        },
      },
      steps(2),
    );
    expect(answer).toBe('told');
    expect(complaints).toEqual(['progressHandler: thrown', 'progressHandler: rejected']);
  });
});
