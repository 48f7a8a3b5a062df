import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Client, ConfigError, McpError } from '../../../src/index.js';
import { serving } from './listing-server.js';

describe('the arguments of a prompt', () => {
  const asked = async (args?: Record<string, unknown>): Promise<unknown> => {
    const { lease, server } = await serving({ 'prompts/get': () => ({ messages: [] }) });
    await lease.getPrompt('p', args);
    return server.last.sent('prompts/get')[0]?.params?.arguments;
  };

  it.each([
    ['as is: "5" {"a":1}', 'as is: "5" {"a":1}'],
    ['', ''],
    [5, '5'],
    [true, 'true'],
    [null, 'null'],
    [[1, 'a', { b: 2 }], '[1,"a",{"b":2}]'],
    [{ nested: { deep: [1] }, text: 'ä' }, '{"nested":{"deep":[1]},"text":"ä"}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('go as they are when they are text, and as JSON when not: %j [3.6.6]', async (value, text) => {
    expect(await asked({ value })).toEqual({ value: text });
  });

  it('may be none, or empty', async () => {
    expect(await asked()).toBeUndefined();
    expect(await asked({})).toEqual({});
  });

  const round: unknown[] = [];
  round.push(round);

  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint', 1n],
    ['a bigint within', { deep: [1n] }],
    ['what leads round', round],
  ])('that are no JSON (%s) are refused by name, before anything is sent [3.6.7]', async (_what, bad) => {
    const { lease, server } = await serving({});
    const error: unknown = await lease.getPrompt('p', { fine: 1, bad }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'prompt_argument', executed: 'no' });
    expect((error as Error).message).toContain('getPrompt("p"): argument "bad" is no JSON value');
    expect(server.count('prompts/get')).toBe(0);
  });

  it('come back from JSON at a real server, which says what it could not read [3.6.6, 3.6.8]', async () => {
    const server = new McpServer({ name: 'real', version: '1' });
    const numbers = z.string().transform((text, context) => {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed)) return parsed.length;
      context.addIssue({ code: 'custom', message: 'numbers must be a list' });
      return z.NEVER;
    });
    server.registerPrompt('sum', { argsSchema: { numbers } }, ({ numbers: count }) => ({
      description: 'sums',
      messages: [{ role: 'user', content: { type: 'text', text: `there are ${String(count)}` } }],
      _meta: { seen: true },
    }));
    await new Client(server).use(async (lease) => {
      expect(await lease.getPrompt('sum', { numbers: [1, 2, 3] })).toEqual({
        description: 'sums',
        messages: [{ role: 'user', content: { type: 'text', text: 'there are 3' } }],
        meta: { seen: true },
      });
      expect(await lease.raw.getPrompt('sum', { numbers: [1] })).toMatchObject({ _meta: { seen: true } });
      const error: unknown = await lease.getPrompt('sum', { numbers: { a: 1 } }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(McpError);
      expect((error as Error).message).toContain('numbers must be a list');
    });
  });
});

describe('a resource', () => {
  it.each(['', 'no uri', '/absolute/path', 'relative/path', '//host/path'])(
    'whose URI is %j is refused before anything is sent [3.6.5]',
    async (uri) => {
      const { lease, server } = await serving({});
      await expect(lease.readResource(uri)).rejects.toBeInstanceOf(ConfigError);
      await expect(lease.raw.readResource(uri)).rejects.toThrow(JSON.stringify(uri));
      expect(server.count('resources/read')).toBe(0);
    },
  );

  it.each(['file:///a b', 'urn:isbn:1', 'HTTP://Example.com', 'file:///tmp/../x', 'data://{id}'])(
    'is asked for by its URI as it was given: %j',
    async (uri) => {
      const { lease, server } = await serving({ 'resources/read': () => ({ contents: [] }) });
      await lease.readResource(uri);
      expect(server.last.sent('resources/read')[0]?.params).toEqual({ uri });
    },
  );

  it('of a template of a real server is read, with its meta [3.6.3]', async () => {
    const server = new McpServer({ name: 'real', version: '1' });
    const template = new ResourceTemplate('test://{id}', { list: undefined });
    server.registerResource('r', template, {}, (uri, { id }) => ({
      contents: [{ uri: uri.href, text: `number ${String(id)}`, _meta: { id } }],
    }));
    await new Client(server).use(async (lease) => {
      expect(await lease.readResource(new URL('test://7'))).toEqual([
        { uri: 'test://7', text: 'number 7', _meta: { id: '7' } },
      ]);
    });
  });
});

it('a completion is given with what the other arguments are', async () => {
  const server = new McpServer({ name: 'real', version: '1' });
  const city = completable(z.string(), (start, context) => {
    const cities = context?.arguments?.['country'] === 'de' ? ['Berlin', 'Bonn'] : ['Bern'];
    return cities.filter((name) => name.startsWith(start));
  });
  server.registerPrompt('weather', { argsSchema: { country: z.string(), city } }, () => ({ messages: [] }));
  await new Client(server).use(async (lease) => {
    const ref = { type: 'ref/prompt', name: 'weather' } as const;
    expect((await lease.complete(ref, { name: 'city', value: 'B' })).values).toEqual(['Bern']);
    const context = { country: 'de' };
    expect((await lease.complete(ref, { name: 'city', value: 'Bo' }, { context })).values).toEqual(['Bonn']);
    expect(await lease.raw.complete(ref, { name: 'city', value: 'B' }, { context })).toMatchObject({
      completion: { values: ['Berlin', 'Bonn'], total: 2, hasMore: false },
    });
  });
});
