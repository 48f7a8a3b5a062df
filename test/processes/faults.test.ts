/**
 * The stdio rows S2 to S8 of the faults that other clients were measured with, each beside the row of
 * "what kills what" that is expected. S1 is in crash.test.ts, S6 and S7 are in close.test.ts, `env` is
 * in pipes.test.ts.
 */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  ConnectionError,
  InvalidResponseError,
  McpError,
  RequestAbortedError,
  RequestTimeoutError,
  ToolError,
} from '../../src/index.js';
import { clientOf, processClient, seenBy } from '../support/processes.js';
import { firstText, textOf } from '../support/results.js';

const line = (message: object): string => `${JSON.stringify(message)}\n`.replace('"%id%"', '%id%');
const answer = (body: object): string => line({ jsonrpc: '2.0', id: '%id%', ...body });
const ok = answer({ result: { content: [{ type: 'text', text: 'ok' }] } });

describe('fault rows S2: what a server says', () => {
  it('S2: junk lines on stdout before the answer are ignored', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const raw = `Listening...\n{"level":"info"}\n{ not json\n\n   \n${ok}`;
    expect(await textOf(lease, 'say', { raw })).toBe('ok');
    expect(client.generation).toBe(1);
  });

  it('S2b: of two answers with one id the first counts', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    expect(await textOf(lease, 'say', { raw: `${ok}${ok.replace('ok', 'again')}` })).toBe('ok');
    expect(await textOf(lease, 'echo', { text: 'the next' })).toBe('the next');
  });

  it('S2c: a JSON-RPC error is an McpError with its code, message and data', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const error = { code: -32_602, message: 'bad params', data: { hint: 'a number' } };
    const call = lease.callTool('say', { raw: answer({ error }) });
    // Expected: McpError for that call; the session lives.
    await expect(call).rejects.toBeInstanceOf(McpError);
    await expect(call).rejects.toMatchObject(error);
    expect(client.isConnected()).toBe(true);
  });

  it('S2d: isError: true is a ToolError with the text and the whole result, or the result itself when asked for', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const result = { content: [{ type: 'text', text: 'boom' }], isError: true };
    const raw = answer({ result });
    const call = lease.callTool('say', { raw });
    await expect(call).rejects.toBeInstanceOf(ToolError);
    await expect(call).rejects.toMatchObject({ message: 'boom', result });
    const given = await lease.callTool('say', { raw }, { throwOnError: false });
    expect(given.isError).toBe(true);
    expect(firstText(given)).toBe('boom');
  });

  it('S2e: a result of the wrong shape is an InvalidResponseError that says where, at once', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const beside = textOf(lease, 'pid');
    const call = lease.callTool('say', { raw: answer({ result: { content: [{ type: 'text', text: 7 }] } }) });
    // Expected: InvalidResponseError at once; beside live; the session lives.
    await expect(call).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(call).rejects.toMatchObject({
      executed: 'maybe',
      message: expect.stringContaining('content.0') as string,
    });
    await beside;
    expect(client.generation).toBe(1);
  });
});

describe('fault rows S3 to S5: what a caller does', () => {
  it('S3: a timeout of 200 ms holds, and the server is told once [3.4.2]', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const since = performance.now();
    const call = lease.callTool('hang', {}, { timeout: 200 });
    // Expected: RequestTimeoutError; one notifications/cancelled; beside live; the session lives.
    await expect(call).rejects.toBeInstanceOf(RequestTimeoutError);
    const elapsed = performance.now() - since;
    expect(elapsed).toBeGreaterThanOrEqual(199);
    expect(elapsed).toBeLessThan(5_000);
    expect((await seenBy(lease))['notifications/cancelled']).toBe(1);
  });

  it('S3b: a call right after the timeout is answered by the same process', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const pid = await textOf(lease, 'pid');
    await expect(lease.callTool('hang', {}, { timeout: 200 })).rejects.toBeInstanceOf(RequestTimeoutError);
    expect(await textOf(lease, 'pid')).toBe(pid);
    expect(client.generation).toBe(1);
  });

  it('S4: an abort rejects with the reason, and the server is told once', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const controller = new AbortController();
    const reason = new Error('user stop');
    const call = lease.callTool('hang', {}, { signal: controller.signal });
    const beside = textOf(lease, 'pid');
    await beside;
    controller.abort(reason);
    // Expected: RequestAbortedError; one notifications/cancelled; beside live.
    await expect(call).rejects.toBeInstanceOf(RequestAbortedError);
    await expect(call).rejects.toMatchObject({
      cause: reason,
      message: expect.stringContaining('user stop') as string,
    });
    expect((await seenBy(lease))['notifications/cancelled']).toBe(1);
  });

  it('S5: one signal shared by 300 finished calls keeps no listener, and aborting it sends nothing', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const { signal, abort } = controllerOf();
    await Promise.all(Array.from({ length: 300 }, () => lease.callTool('echo', {}, { signal })));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    abort();
    expect((await seenBy(lease))['notifications/cancelled']).toBeUndefined();
  });
});

function controllerOf(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

describe('fault row S8', () => {
  it('S8: a command that does not exist fails connect() at once, with the reason, and is not tried again [3.3.10]', async () => {
    const { client, clock } = clientOf((mark) => ({ command: '/nonexistent/cmd', args: [mark] }));
    const attempt = client.connect();
    const beside = client.connect();
    // Expected: never ready, and nothing that retrying can mend: everybody gets the root cause.
    await expect(attempt).rejects.toBeInstanceOf(ConnectionError);
    await expect(attempt).rejects.toMatchObject({
      code: 'ENOENT',
      executed: 'no',
      retryable: false,
      message: expect.stringContaining('"/nonexistent/cmd" does not exist') as string,
      cause: { code: 'ENOENT' },
    });
    await expect(beside).rejects.toMatchObject({ code: 'ENOENT' });
    expect(client.state).toBe('disconnected');
    expect(client.failure).toMatchObject({ code: 'ENOENT' });
    expect(client.generation).toBe(1);
    expect(clock.timers).toBe(0);
  });
});
