import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import {
  Client,
  ConfigError,
  InvalidResponseError,
  LimitError,
  RequestTimeoutError,
  SessionLostError,
} from '../../../src/index.js';
import { outcome, virtualClient } from '../../support/virtual-client.js';
import { serving, tool } from './listing-server.js';

type Operation = 'listTools' | 'listResources' | 'listResourceTemplates' | 'listPrompts';
type List = readonly [operation: Operation, method: string, key: string, item: (n: number) => object];

const lists: readonly List[] = [
  ['listTools', 'tools/list', 'tools', (n: number) => tool(`t${String(n)}`)],
  ['listResources', 'resources/list', 'resources', (n: number) => ({ name: 'r', uri: `test://${String(n)}` })],
  [
    'listResourceTemplates',
    'resources/templates/list',
    'resourceTemplates',
    (n: number) => ({ name: 'rt', uriTemplate: `test://${String(n)}/{id}` }),
  ],
  ['listPrompts', 'prompts/list', 'prompts', (n: number) => ({ name: `p${String(n)}` })],
];

/** A server whose list has an item on each page, and the cursors that `next` says, by the number of the page. */
function pages([, method, key, item]: List, next: (page: number) => string | null | undefined, options = {}) {
  const cursors: unknown[] = [];
  const serve = (params: Readonly<Record<string, unknown>>): object => {
    cursors.push(params['cursor']);
    const nextCursor = next(cursors.length);
    return { [key]: [item(cursors.length)], ...(nextCursor === undefined ? {} : { nextCursor }) };
  };
  return { cursors, connected: serving({ [method]: serve }, options) };
}

describe.each(lists)('%s', (...list) => {
  const [operation, method] = list;

  it('follows every page, each with the cursor of the one before [3.6.16]', async () => {
    const { cursors, connected } = pages(list, (page) => (page < 4 ? `c${String(page)}` : undefined));
    const { lease, complaints } = await connected;
    expect(await lease[operation]()).toHaveLength(4);
    expect(cursors).toEqual([undefined, 'c1', 'c2', 'c3']);
    expect(complaints).toEqual([]);
  });

  it('gives one raw page, with the cursor of the next [3.6.1, 3.6.17]', async () => {
    const { cursors, connected } = pages(list, (page) => `c${String(page)}`);
    const { lease } = await connected;
    expect(await lease.raw[operation]()).toMatchObject({ nextCursor: 'c1' });
    expect(await lease.raw[operation]({ cursor: 'from elsewhere' })).toMatchObject({ nextCursor: 'c2' });
    expect(cursors).toEqual([undefined, 'from elsewhere']);
  });

  it('ends at a cursor that is always the same, gives what it has, and says so [3.6.18, row 22]', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown, where: string): unknown => errors.push([where, error]);
    const { connected } = pages(list, () => 'again', { onError });
    const { lease } = await connected;
    expect(await lease[operation]()).toHaveLength(2);
    expect(errors).toEqual([[method, expect.objectContaining({ code: 'repeated_cursor' })]]);
    expect((errors as unknown[][])[0]?.[1]).toBeInstanceOf(InvalidResponseError);
  });

  it('ends when cursors go round [3.6.19, row 22]', async () => {
    const { cursors, connected } = pages(list, (page) => ['a', 'b', 'c'][page % 3]);
    const { lease, complaints } = await connected;
    expect(await lease[operation]()).toHaveLength(4);
    expect(cursors).toHaveLength(4);
    expect(complaints).toHaveLength(1);
  });

  it('takes the empty string for a cursor [3.6.20, row 22]', async () => {
    const { cursors, connected } = pages(list, (page) => (page === 1 ? '' : undefined));
    const { lease, complaints } = await connected;
    expect(await lease[operation]()).toHaveLength(2);
    expect(cursors).toEqual([undefined, '']);
    expect(complaints).toEqual([]);
  });

  it('takes null for no cursor', async () => {
    const { connected } = pages(list, () => null);
    const { lease } = await connected;
    expect(await lease[operation]()).toHaveLength(1);
  });

  it('is stopped by limits.pages when it never ends [3.6.21, row 22]', async () => {
    const { cursors, connected } = pages(list, (page) => `random ${String(page)}`, { limits: { pages: 5 } });
    const { lease } = await connected;
    const error: unknown = await lease[operation]().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LimitError);
    expect((error as Error).message).toContain('more than 5 pages (limits.pages)');
    expect(cursors).toHaveLength(5);
  });

  it('may have as many pages as the limit [3.6.22]', async () => {
    const { connected } = pages(list, (page) => (page < 5 ? `c${String(page)}` : undefined), { limits: { pages: 5 } });
    const { lease } = await connected;
    expect(await lease[operation]()).toHaveLength(5);
  });

  it('has a limit per call, below and above that of the client', async () => {
    const { connected } = pages(list, (page) => (page % 6 === 0 ? undefined : `c${String(page)}`), {
      limits: { pages: 3 },
    });
    const { lease } = await connected;
    expect(await lease[operation]({ maxPages: 6 })).toHaveLength(6);
    expect(await lease[operation]({ maxPages: Infinity })).toHaveLength(6);
    await expect(lease[operation]({ maxPages: 1 })).rejects.toThrow('more than 1 pages (maxPages)');
  });

  it.each([0, -1, 1.5, Number.NaN, '2'])('refuses a limit of %s', async (maxPages) => {
    const { cursors, connected } = pages(list, () => undefined);
    const { lease } = await connected;
    await expect(lease[operation]({ maxPages: maxPages as number })).rejects.toBeInstanceOf(ConfigError);
    expect(cursors).toEqual([]);
  });
});

it('without a limit of its own a list ends after 250 pages', async () => {
  let page = 0;
  const { lease } = await serving({
    'prompts/list': () => ({ prompts: [], nextCursor: String((page += 1)) }),
  });
  await expect(lease.listPrompts()).rejects.toThrow('more than 250 pages');
  expect(page).toBe(250);
});

it('with autoConnect, all pages are of one session', async () => {
  const { client, server } = virtualClient({ autoConnect: true, idleTimeout: 0 });
  server.script = ({ method, id, params }, connection) => {
    if (method !== 'prompts/list' || id === undefined) return false;
    const isFirst = params?.['cursor'] === undefined;
    connection.reply(id, { prompts: [{ name: isFirst ? 'a' : 'b' }], ...(isFirst ? { nextCursor: 'b' } : {}) });
    return true;
  };
  expect(await client.listPrompts()).toHaveLength(2);
  expect(server.connections).toHaveLength(1);
});

describe('a list whose session is lost between two pages', () => {
  /** The first sessions break behind their first page; cursors of another session mean nothing, or something else. */
  async function broken(unknownCursor: 'refused' | 'served', losses = 1) {
    const { client, server, clock } = virtualClient();
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'prompts/list' || id === undefined) return false;
      const { generation } = connection;
      const cursor = params?.['cursor'];
      const isOwn = cursor === undefined || (typeof cursor === 'string' && cursor.startsWith(`${String(generation)}:`));
      if (!isOwn && unknownCursor === 'refused') connection.refuse(id, -32602, 'Invalid cursor');
      else if (cursor === undefined)
        connection.reply(id, {
          prompts: [{ name: `first of ${String(generation)}` }],
          nextCursor: `${String(generation)}:2`,
        });
      else connection.reply(id, { prompts: [{ name: `second of ${String(generation)}` }] });
      if (generation <= losses && cursor === undefined) connection.drop();
      return true;
    };
    return { lease: await client.connect(), server, clock };
  }

  it.each(['refused', 'served'] as const)(
    'is begun anew in the next, where the old cursor is %s',
    async (unknownCursor) => {
      const { lease, server } = await broken(unknownCursor);
      const prompts = await lease.listPrompts();
      expect(prompts.map(({ name }) => name)).toEqual(['first of 2', 'second of 2']);
      expect(server.connections).toHaveLength(2);
    },
  );

  it('is given up when that happens again and again', async () => {
    const { lease, server, clock } = await broken('served', Infinity);
    const listing = outcome(lease.listPrompts());
    await clock.advance(50_000);
    const error = listing.value;
    expect(error).toBeInstanceOf(SessionLostError);
    expect(error).toMatchObject({ code: 'list_interrupted', retryable: true });
    expect(server.count('prompts/list')).toBeLessThan(10);
  });
});

describe('a list whose session is lost while a page is asked for', () => {
  /** The first sessions end where their second page should have been. */
  async function lossy(losses: number) {
    const { client, server, clock } = virtualClient();
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'prompts/list' || id === undefined) return false;
      const isFirst = params?.['cursor'] === undefined;
      const name = `${isFirst ? 'first' : 'second'} of ${String(connection.generation)}`;
      if (!isFirst && connection.generation <= losses) connection.drop(new Error('gone'));
      else connection.reply(id, { prompts: [{ name }], ...(isFirst ? { nextCursor: 'next' } : {}) });
      return true;
    };
    return { lease: await client.connect(), server, clock };
  }

  it('fails with the loss, as any request does, and is not made again unasked', async () => {
    const { lease, server, clock } = await lossy(1);
    const listing = outcome(lease.listPrompts());
    await clock.advance(50_000);
    expect(listing.value).toBeInstanceOf(SessionLostError);
    expect(listing.value).toMatchObject({ executed: 'maybe', cause: { message: 'gone' } });
    expect(server.count('prompts/list')).toBe(2);
    expect(await lease.listPrompts()).toHaveLength(2);
  });
});

describe('a list that takes long', () => {
  it.each([
    ['timeout', { timeout: 300 }],
    ['maxTotalTimeout', { maxTotalTimeout: 300 }],
  ])('ends with the %s of the call, however many pages it has', async (_what, options) => {
    const { client, server, clock } = virtualClient();
    let page = 0;
    server.script = ({ method, id }, connection) => {
      if (method !== 'prompts/list' || id === undefined) return false;
      page += 1;
      const nextCursor = String(page);
      clock.setTimeout(() => {
        connection.reply(id, { prompts: [], nextCursor });
      }, 100);
      return true;
    };
    const lease = await client.connect();
    const listing = outcome(lease.listPrompts(options));
    await clock.advance(310);
    expect(listing.value).toBeInstanceOf(RequestTimeoutError);
    expect(page).toBeLessThan(5);
  });
});

describe('what is listed', () => {
  it('is given as the server sent it, with what the protocol does not know [3.6.4]', async () => {
    const meta = { fastmcp: { tags: ['a', 'b'] } };
    const unknown = {
      ...tool('t', { _meta: meta, annotations: { title: 'T', 'x-cost': 3 } }),
      tags: ['x'],
    };
    const { lease } = await serving({
      'tools/list': () => ({ tools: [unknown], _meta: { page: 1 }, serverExtra: true }),
      'resources/list': () => ({ resources: [{ name: 'r', uri: 'a://b', _meta: meta, tags: ['x'] }] }),
      'resources/templates/list': () => ({ resourceTemplates: [{ name: 'r', uriTemplate: 'a://{b}', _meta: meta }] }),
      'prompts/list': () => ({ prompts: [{ name: 'p', _meta: meta, arguments: [{ name: 'a', default: 1 }] }] }),
    });
    expect(await lease.listTools()).toEqual([unknown]);
    expect(await lease.raw.listTools()).toEqual({ tools: [unknown], _meta: { page: 1 }, serverExtra: true });
    expect(await lease.listResources()).toEqual([{ name: 'r', uri: 'a://b', _meta: meta, tags: ['x'] }]);
    expect(await lease.listResourceTemplates()).toEqual([{ name: 'r', uriTemplate: 'a://{b}', _meta: meta }]);
    expect(await lease.listPrompts()).toEqual([{ name: 'p', _meta: meta, arguments: [{ name: 'a', default: 1 }] }]);
  });

  it('comes from a real server with its templates, tags and meta [3.6.3, 3.6.4]', async () => {
    const server = new McpServer({ name: 'real', version: '1' });
    const _meta = { fastmcp: { tags: ['weather'] } };
    server.registerTool('now', { description: 'the weather', _meta }, () => ({ content: [] }));
    const template = new ResourceTemplate('weather://{city}/now', { list: undefined });
    server.registerResource('weather', template, { _meta }, () => ({ contents: [] }));
    await new Client(server).use(async (lease) => {
      expect(await lease.listTools()).toMatchObject([{ name: 'now', description: 'the weather', _meta }]);
      expect(await lease.listResourceTemplates()).toMatchObject([{ uriTemplate: 'weather://{city}/now', _meta }]);
      expect(await lease.raw.listResourceTemplates()).toMatchObject({ resourceTemplates: [{ name: 'weather' }] });
    });
  });

  it('may repeat many names: onError is told once, of some of them', async () => {
    const names = Array.from({ length: 500 }, (_, at) => `${'x'.repeat(1_000)} ${String(at)}`);
    const tools = [...names, ...names, ...names].map((name) => tool(name));
    const { lease, complaints } = await serving({ 'tools/list': () => ({ tools }) });
    expect(await lease.listTools()).toHaveLength(500);
    expect(complaints).toEqual([expect.stringContaining('and 490 others')]);
    expect(complaints[0]?.length).toBeLessThan(2_000);
  });

  it('may hold a tool whose schemas are none, beside the others [row 24]', async () => {
    const odd = [
      { name: 'no-type', inputSchema: {} },
      tool('boolean-property', { inputSchema: { type: 'object', properties: { a: true } } }),
      tool('array', { outputSchema: [] }),
      tool('string', { outputSchema: 'object' }),
      tool('null', { outputSchema: null }),
      tool('fine', { outputSchema: { type: 'object' } }),
    ];
    const { lease } = await serving({ 'tools/list': () => ({ tools: odd }) });
    const tools = await lease.listTools();
    expect(tools.map(({ name, schemaError }) => [name, schemaError])).toEqual([
      ['no-type', undefined],
      ['boolean-property', undefined],
      ['array', 'it is not an object'],
      ['string', 'it is not an object'],
      ['null', undefined],
      ['fine', undefined],
    ]);
  });
});
