/** The token that goes out with every request of a link. */
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/protocol/failure.js';
import type { Authorizer } from '../../src/transports/auth/authorizer.js';
import { faults } from '../support/http-faults.js';
import { ScriptedAuthorizer } from '../support/scripted-authorizer.js';
import { protectedServer, range, told } from './authorization-harness.js';
import { answerCause, call, connect, Observed, startServer } from './http-harness.js';

describe('a token', () => {
  it('goes out with every request: POST, GET, the ping of a suspicion and DELETE', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.status(400));
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ status: 400 });
    await seen.close();
    for (const name of ['initialize', 'notifications/initialized', 'GET', 'tools/call', 'ping', 'DELETE']) {
      expect(server.count(name)).toBe(1);
      expect(server.last(name).headers.authorization).toBe('Bearer first-token');
    }
  });

  it('is asked for once by a batch, and goes out in the same turn when it is at hand', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    const before = authorizer.tokens;
    seen.link.send(range(1, 100).map((id) => call(id)));
    expect(authorizer.tokens).toBe(before + 1);
    await server.arrived('tools/call', 100);
    expect(server.last('tools/call').headers.authorization).toBe('Bearer first-token');
  });

  it('that takes its time holds up what was sent after it, and reorders nothing', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const server = await startServer();
    const waiting: ((token: string) => void)[] = [];
    const asking: Authorizer = {
      token: () =>
        new Promise((resolve) => {
          waiting.push(resolve);
        }),
      secrets: () => authorizer.secrets(),
    };
    const seen = new Observed(server.url, { options: { authorizer: asking } });
    seen.link.send([call(1)]);
    seen.link.send([call(2)]);
    waiting[1]?.('second');
    waiting[0]?.('first');
    await server.arrived('tools/call', 2);
    expect(server.visits.map(({ message, headers }) => [message.id, headers.authorization])).toEqual([
      [1, 'Bearer first'],
      [2, 'Bearer second'],
    ]);
  });

  it.each<[string, unknown]>([
    ['with a line break', 'tok\r\nx-evil: 1-s3cr3t'],
    ['with a blank', 'two s3cr3t'],
    ['that is empty', ''],
    ['that is no string', 42],
  ])('%s fails the request without its value', async (_, token) => {
    const server = await startServer();
    const authorizer: Authorizer = { token: () => token as string, secrets: () => [] };
    const seen = new Observed(server.url, { options: { authorizer } });
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'config', code: 'invalid_token', executed: 'no', retryable: false });
    expect(JSON.stringify(failure)).not.toContain('s3cr3t');
    expect(server.connections).toBe(0);
  });

  const oops = new Error('oops');
  const nothing = undefined as unknown as Error;
  const known = { kind: 'authorization', code: 'x', message: 'y', executed: 'no', retryable: false } as const;

  it.each<[string, Authorizer['token'], object]>([
    [
      'throws',
      () => {
        throw oops;
      },
      { kind: 'authorization', code: 'token_failed', executed: 'no' },
    ],
    ['rejects', () => Promise.reject(oops), { code: 'token_failed', executed: 'no' }],
    ['rejects with a failure of its own', () => Promise.reject(new FailureError(known)), known],
    ['rejects with nothing', () => Promise.reject(nothing), { code: 'token_failed' }],
  ])('whose source %s fails the request', async (_, token, expected) => {
    const server = await startServer();
    const seen = new Observed(server.url, { options: { authorizer: { token, secrets: () => [] } } });
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject(expected);
    expect(server.connections).toBe(0);
  });

  it('that never comes leaves its request to its deadline, and lets others pass', async () => {
    const server = await startServer();
    let answer: string | Promise<string> = new Promise<string>(() => undefined);
    const authorizer: Authorizer = { token: () => answer, secrets: () => [] };
    const seen = new Observed(server.url, { options: { authorizer } });
    seen.link.send([call(1)]);
    answer = 'at-hand';
    seen.link.send([call(2)]);
    seen.link.abandon([1]);
    await server.arrived('tools/call');
    expect(server.last('tools/call').message.id).toBe(2);
    await seen.close();
  });

  it('is in no text, though the server repeats it, and neither is what the authorizer hides beside it', async () => {
    const authorizer = {
      token: () => 'first-token',
      secrets: () => ['client-s3cr3t', 'client-s3cr3t-two'],
    };
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.status(403, {}, 'first-token client-s3cr3t client-s3cr3t-two'));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(answerCause(failure).body).toBe('[redacted] [redacted] [redacted]');
  });

  it('that cannot be renewed makes 401 what it was: the failure of that request', async () => {
    const server = await startServer();
    const seen = await connect(server, { options: { authorizer: { token: () => 'mine', secrets: () => [] } } });
    server.always('tools/call', faults.unlessBearer('other'));
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({
      refused: false,
      failure: { kind: 'authorization', status: 401, executed: 'no', retryable: false },
    });
    expect(told(seen)).toEqual(['opened', 'failed 1']);
    expect(server.count('tools/call')).toBe(1);
  });
});
