import { describe, expect, it } from 'vitest';
import { causeOf, failure, type Failure } from '../../src/protocol/failure.js';
import { settle, virtualClient } from '../support/virtual-client.js';

const closed: Failure = { kind: 'connection', code: 'closed', message: 'closed', executed: 'maybe', retryable: true };

describe('the cause of a failure', () => {
  it('is its own, though many are made of one record', () => {
    const first = failure(closed, 'one');
    const second = failure(closed, 'two');
    expect([causeOf(first), causeOf(second), causeOf(closed)]).toEqual(['one', 'two', undefined]);
  });

  it('does not become that of another client, which lost its session without a word', async () => {
    const one = virtualClient({ reconnect: false });
    const other = virtualClient({ reconnect: false });
    await one.client.connect();
    await other.client.connect();
    other.server.last.drop();
    one.server.last.drop(new Error('a secret of the other'));
    await settle();
    expect(one.client.failure?.cause).toBeInstanceOf(Error);
    expect(other.client.failure?.cause).toBeUndefined();
    const late = await other.client.ping().catch((error: unknown) => error as Error);
    expect((late as Error).cause).toBe(other.client.failure);
    expect(((late as Error).cause as Error).cause).toBeUndefined();
  });
});
