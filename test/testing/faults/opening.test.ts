import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/index.js';
import { faultyClient, refusal } from './support.js';

describe('a source that fails', () => {
  it.each([
    [{ fault: 'throw', at: 'create', message: 'no such thing' }, 'source_failed', 0],
    [{ fault: 'reject', code: 'EMFILE' }, 'EMFILE', 0],
    [{ fault: 'reject', ms: 700, code: 'EMFILE' }, 'EMFILE', 700],
    [{ fault: 'refuse', code: 'ENOENT' }, 'ENOENT', 0],
    [{ fault: 'refuse', ms: 300 }, 'ECONNREFUSED', 300],
    [{ fault: 'throw', at: 'open' }, 'internal', 0],
    [{ fault: 'hang', at: 'create' }, 'connect_timeout', 20_000],
    [{ fault: 'hang', at: 'open' }, 'connect_timeout', 20_000],
  ] as const)('with %j is told to who connects', async (fault, code, at) => {
    const { client, clock, server } = faultyClient([fault]);
    const error = await clock.until(refusal(client.connect()));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code });
    expect(clock.now()).toBe(at);
    await client.close();
    expect(client.state).toBe('disconnected');
    expect(server.connections.filter(({ started }) => started > 0)).toEqual([]);
    expect(clock.armed).toBe(0);
  });
});
