/** Row 34: progress that goes backwards, is somebody else's, or comes too late. */
import { describe, expect, it } from 'vitest';
import { RequestTimeoutError } from '../../src/index.js';
import { processClient } from '../support/processes.js';
import { textOf } from '../support/results.js';

const progress = (token: string, value: string, more = ''): string =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${value}${more}}}\n`;
const answer = '{"jsonrpc":"2.0","id":%id%,"result":{"content":[]}}\n';

describe('progress from a process', () => {
  it('that goes backwards, repeats itself or has no end is told as it came, and settles nothing (row 34)', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const steps = ['5', '3', '3', '-1', '1e400', '0'];
    const told: number[] = [];
    await lease.callTool(
      'say',
      { raw: steps.map((step) => progress('%id%', step, ',"total":2')).join('') + answer },
      { onProgress: (one) => told.push(one.progress) },
    );
    expect(told).toEqual([5, 3, 3, -1, Infinity, 0]);
  });

  it('with the token of another call is told to that call, and with the token of none to nobody (row 34)', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const told: [call: string, progress: number][] = [];
    let token = 0;
    const patient = lease.callTool(
      'hang',
      {},
      {
        onStart: ({ requestId }) => (token = requestId),
        onProgress: (one) => told.push(['patient', one.progress]),
      },
    );
    await lease.callTool(
      'say',
      {
        raw:
          progress(String(token), '1') +
          progress(`"${String(token)}"`, '2') +
          progress('"%id%"', '3') +
          progress('999999', '4') +
          progress('null', '5') +
          progress('%id%', '"6"') +
          progress('%id%', '7') +
          answer,
      },
      { onProgress: (one) => told.push(['own', one.progress]) },
    );
    expect(told).toEqual([
      ['patient', 1],
      ['own', 7],
    ]);
    lease.cancel(token);
    await expect(patient).rejects.toMatchObject({ name: 'RequestAbortedError' });
  });

  it('after its answer, in the same chunk and in a later one, is told to nobody (row 34)', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const told: number[] = [];
    let token = 0;
    await lease.callTool(
      'say',
      { raw: progress('%id%', '1') + answer + progress('%id%', '2') },
      { onStart: ({ requestId }) => (token = requestId), onProgress: (one) => told.push(one.progress) },
    );
    await lease.callTool('say', { raw: progress(String(token), '3') + answer });
    expect(await textOf(lease, 'echo', { text: 'on' })).toBe('on');
    expect(told).toEqual([1]);
  });

  it('that is not asked for extends nothing, and what is extended ends at maxTotalTimeout (row 34)', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const begun = performance.now();
    const tokens: number[] = [];
    const options = { timeout: 300, onStart: ({ requestId }: { requestId: number }) => tokens.push(requestId) };
    const calls = [
      lease.callTool('hang', {}, { ...options, onProgress: () => undefined }),
      lease.callTool('hang', {}, { ...options, resetTimeoutOnProgress: true, maxTotalTimeout: 700 }),
    ];
    const ended = Promise.all(
      calls.map((call) =>
        call.then(
          () => 'answered',
          (error: unknown) => [error instanceof RequestTimeoutError, performance.now() - begun] as const,
        ),
      ),
    );
    const waiting = new Set(calls);
    for (const call of calls)
      call
        .catch(() => undefined)
        .finally(() => waiting.delete(call))
        .catch(() => undefined);
    // Progress for both, without pause, for as long as either waits.
    while (waiting.size > 0)
      await lease.callTool('say', { raw: tokens.map((token) => progress(String(token), '1')).join('') + answer });
    const [plain, extended] = await ended;
    expect([plain?.[0], extended?.[0]]).toEqual([true, true]);
    expect(Number(plain?.[1])).toBeLessThan(650);
    expect(Number(extended?.[1])).toBeGreaterThan(690);
    expect(Number(extended?.[1])).toBeLessThan(2_000);
  });
});
