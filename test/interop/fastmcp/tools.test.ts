/** Tools, and what FastMCP makes of their results: `{ result }` around whatever is no object. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { Client, InvalidResponseError, ToolError, type Lease } from '../../../src/index.js';
import { firstText } from '../../support/results.js';
import { everywhere } from './places.js';

/** What is an object already, and is not wrapped: the tool, its arguments, its data. */
const objects: readonly [string, string, Record<string, unknown>, unknown][] = [
  ['a dictionary', 'statistics', { values: [1, 2.5] }, { count: 2, sum: 3.5 }],
  ['a model', 'person', { name: 'Ada', age: 36 }, { name: 'Ada', age: 36 }],
  [
    'a model in a model',
    'place',
    { who: { name: 'Ada', age: 36 } },
    { person: { name: 'Ada', age: 36 }, since: '2024-02-29T12:30:00Z', tags: ['leap'] },
  ],
];

everywhere(({ transport, source }) => {
  let client: Client;
  let lease: Lease;
  beforeAll(async () => {
    client = new Client(source, { name: 'tools' });
    lease = await client.connect();
  });
  afterAll(() => client.close());

  it('answers initialize in our era, and says who it is', () => {
    expect(client.serverInfo).toMatchObject({ name: 'everything-in-python', version: '1.2.3' });
    expect(client.protocolVersion).toBe('2025-11-25');
    expect(client.instructions).toBe('Made to be tested against.');
    expect(client.initializeResult).not.toBeNull();
    expect(client.sessionId === null).toBe(transport !== 'streamable HTTP');
  });

  it('answers a ping', async () => {
    await lease.ping();
  });

  it('gives the tools of every page, and one page when asked for one', async () => {
    const tools = await lease.listTools();
    expect(tools.length).toBeGreaterThan(20);
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
    expect(tools.find(({ name }) => name === 'add')).toMatchObject({
      description: 'Adds two numbers.',
      annotations: { readOnlyHint: true },
      inputSchema: { required: ['a', 'b'] },
      outputSchema: { 'x-fastmcp-wrap-result': true },
    });
    const { tools: page, nextCursor } = await lease.raw.listTools();
    expect(page).toHaveLength(7);
    expect((await lease.raw.listTools({ cursor: nextCursor })).tools[0]?.name).toBe(tools[7]?.name);
  });

  it.each([
    ['a number', 'add', { a: 2, b: 3 }, 5],
    ['a text', 'greet', { name: 'Ada' }, 'Hi Ada!'],
    ['a list', 'words', { text: 'one two' }, ['one', 'two']],
    ['a list of objects', 'table', { rows: 3 }, [0, 1, 2].map((row) => ({ row, square: row * row }))],
    ['an optional number', 'maybe', { give: true }, 7],
    ['a date, as it was sent', 'moment', {}, '2024-02-29T12:30:00Z'],
    ['nothing where there may be something', 'maybe', { give: false }, null],
  ])('unwraps %s', async (_, tool, args, data) => {
    const result = await lease.callTool(tool, args);
    expect(result.data).toEqual(data);
    expect(result.structuredContent).toEqual({ result: data });
  });

  it.each(objects)('leaves %s as it is [3.6.10]', async (_, tool, args, data) => {
    const result = await lease.callTool(tool, args);
    expect(result.data).toEqual(data);
    expect(result.structuredContent).toEqual(data);
    expect(JSON.parse(firstText(result))).toEqual(data);
  });

  it('has no data where the tool has no output schema, or gives nothing', async () => {
    const text = await lease.callTool('plain', { text: 'just text' });
    expect(text).toMatchObject({ data: undefined, structuredContent: undefined });
    expect(firstText(text)).toBe('just text');
    expect(await lease.callTool('nothing')).toMatchObject({ data: undefined, content: [] });
  });

  it('has data of the type that a schema of ours says', async () => {
    const Person = z.object({ name: z.string(), age: z.number() });
    const { data } = await lease.callTool('person', { name: 'Ada', age: 36 }, { output: Person });
    expect(data.age + 1).toBe(37);
    const date = z.iso.datetime().transform((text) => new Date(text));
    const moment = await lease.callTool('moment', {}, { output: date });
    expect(moment.data.getUTCFullYear()).toBe(2024);
    const wrong = lease.callTool('add', { a: 1, b: 2 }, { output: z.string() });
    await expect(wrong).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('gives images, and long texts, as they are', async () => {
    const [image] = (await lease.callTool('picture')).content;
    expect(image).toMatchObject({ type: 'image', mimeType: 'image/png' });
    if (image?.type === 'image') expect(Buffer.from(image.data, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect((await lease.callTool('large', { size: 1_000_000 })).data).toHaveLength(1_000_000);
  });

  it.each([
    ['says it with ToolError', 'fail', { message: 'grüße: not today' }, 'grüße: not today'],
    ['raises something else', 'stumble', {}, 'an error that nobody planned'],
    ['is called wrongly', 'add', { a: 'two', b: 3 }, /int/],
    ['is not there', 'no-such-tool', {}, /unknown tool/i],
  ])('is a ToolError with the text of the server when a tool %s', async (_, tool, args, text) => {
    const error: unknown = await lease.callTool(tool, args).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ToolError);
    expect((error as ToolError).message).toMatch(text);
    const result = await lease.callTool(tool, args, { throwOnError: false });
    expect(result).toMatchObject({ isError: true, data: undefined });
    expect(firstText(result)).toMatch(text);
  });

  it('sends what we say in _meta', async () => {
    const { data } = await lease.callTool('said', {}, { meta: { 'example.test/trace': 'abc' } });
    expect(data).toMatchObject({ 'example.test/trace': 'abc' });
  });

  it('calls the version of a tool that we ask for, and the newest when we do not', async () => {
    const greet = async (version?: string): Promise<unknown> =>
      (await lease.callTool('greet', { name: 'Ada' }, { version })).data;
    expect(await greet('1.0')).toBe('Hello, Ada.');
    expect(await greet('2.0')).toBe('Hi Ada!');
    expect(await greet()).toBe('Hi Ada!');
    await expect(greet('9.9')).rejects.toThrow(/greet/);
  });

  it('has nobody to ask: the tools that ask are told so', async () => {
    for (const [tool, args] of [
      ['think', { about: 'bees' }],
      ['ask', { kind: 'str' }],
      ['where', {}],
    ] as const) {
      expect((await lease.callTool(tool, args, { throwOnError: false, timeout: 10_000 })).isError).toBe(true);
    }
  });

  it('has done all of it in one session', () => {
    expect(client.generation).toBe(1);
    expect(client.failure).toBeNull();
    expect(client.inFlight).toEqual([]);
  });
});
