import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigError,
  InvalidResponseError,
  RequestAbortedError,
  RequestTimeoutError,
  type StandardSchema,
} from '../../../src/index.js';
import { outcome, settle, virtualClient } from '../../support/virtual-client.js';

/** A client whose server answers everything with `{ content: [], structuredContent: { rows: [{ a: 'x' }] } }`. */
async function answered() {
  const { client, server, clock } = virtualClient();
  server.script = ({ method, id }, connection) => {
    if (method === 'initialize' || id === undefined) return false;
    connection.reply(id, { content: [], structuredContent: { rows: [{ a: 'x' }] } });
    return true;
  };
  return { lease: await client.connect(), server, clock };
}

const schemaOf = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({
  '~standard': { version: 1, vendor: 'test', validate },
});
const never = schemaOf(() => new Promise(() => undefined));

describe('a schema of the caller', () => {
  it.each([
    ['a JSON schema', { type: 'object' }],
    ['a function', () => true],
    ['null', null],
    ['a text', 'object'],
    ['an object that has only the name', { '~standard': {} }],
  ])('that is %s is refused before anything is sent', async (_what, given) => {
    const { lease, server } = await answered();
    const schema = given as unknown as StandardSchema;
    await expect(lease.callTool('t', {}, { output: schema })).rejects.toBeInstanceOf(ConfigError);
    await expect(lease.request('x', {}, { result: schema })).rejects.toBeInstanceOf(ConfigError);
    expect(server.count('tools/call') + server.count('x')).toBe(0);
  });

  it('that does not fit says where', async () => {
    const { lease } = await answered();
    const output = z.object({ rows: z.array(z.object({ a: z.number() })) });
    await expect(lease.callTool('t', {}, { output })).rejects.toThrow(/schema: rows\.0\.a: /);
    const keyed = schemaOf(() => ({ issues: [{ message: 'no', path: [{ key: 'rows' }, 0, { key: Symbol('s') }] }] }));
    const error: unknown = await lease.callTool('t', {}, { output: keyed }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect((error as Error).message).toContain('rows.0.Symbol(s): no');
  });

  it('that never comes to an end ends with the timeout of the call', async () => {
    const { lease, clock } = await answered();
    const calls = [
      outcome(lease.callTool('t', {}, { output: never, timeout: 500 })),
      outcome(lease.request('x', {}, { result: never, timeout: 500 })),
    ];
    await clock.advance(499);
    expect(calls.map(({ state }) => state)).toEqual(['pending', 'pending']);
    await clock.advance(1);
    for (const { value } of calls) {
      expect(value).toBeInstanceOf(RequestTimeoutError);
      expect(value).toMatchObject({ executed: 'maybe' });
    }
  });

  it('that never comes to an end ends with the signal of the call', async () => {
    const { lease } = await answered();
    const controller = new AbortController();
    const call = outcome(lease.callTool('t', {}, { output: never, signal: controller.signal }));
    await settle();
    expect(call.state).toBe('pending');
    controller.abort(new Error('enough'));
    await settle();
    expect(call.value).toBeInstanceOf(RequestAbortedError);
    expect(call.value).toMatchObject({ executed: 'maybe', cause: { message: 'enough' } });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('that %s gives what it threw, and leaves no timer', async (_what, validate) => {
    const { lease, clock } = await answered();
    await lease.callTool('t');
    const before = clock.armed;
    await expect(lease.callTool('t', {}, { output: schemaOf(validate) })).rejects.toThrow('broken');
    await settle();
    expect(clock.armed).toBe(before);
  });
});
