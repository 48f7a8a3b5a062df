import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Client, ConfigError, InvalidResponseError, ToolError, type Lease } from '../../../src/index.js';
import { serving, tool, toolOf } from './listing-server.js';

const answering = async (result: object): Promise<Lease> => (await serving({ 'tools/call': () => result })).lease;

describe('data', () => {
  it.each([5, 'text', null, false, 0, [1, 2], [{ a: 1 }, { a: 2 }], {}, '2026-11-21T10:00:00Z'])(
    'is %j where the server wrapped it and says so [3.6.9, 3.6.11]',
    async (value) => {
      const lease = await answering({
        content: [],
        structuredContent: { result: value },
        _meta: { fastmcp: { wrap_result: true } },
      });
      const { data, structuredContent, meta } = await lease.callTool('t');
      expect(data).toEqual(value);
      expect(structuredContent).toEqual({ result: value });
      expect(meta).toEqual({ fastmcp: { wrap_result: true } });
    },
  );

  it('is unwrapped where the schema of the tool says that it is wrapped [3.6.9]', async () => {
    const wrapped = { type: 'object', properties: { result: { type: 'integer' } }, 'x-fastmcp-wrap-result': true };
    const { lease, server } = await toolOf(wrapped, { result: 5 });
    expect((await lease.callTool('t')).data).toEqual({ result: 5 });
    await lease.listTools();
    expect((await lease.callTool('t')).data).toBe(5);
    expect(server.count('tools/list')).toBe(1);
  });

  it('stays unwrapped when the server says that its tools have changed [3.6.9]', async () => {
    const wrapped = { type: 'object', properties: { result: { type: 'integer' } }, 'x-fastmcp-wrap-result': true };
    const { lease, server } = await toolOf(wrapped, { result: 5 });
    await lease.listTools();
    server.last.push({ method: 'notifications/tools/list_changed' });
    await lease.ping();
    expect((await lease.callTool('t')).data).toBe(5);
  });

  it.each([
    [{ result: 5 }, undefined],
    [{ result: 5 }, { fastmcp: { wrap_result: false } }],
    [{ result: 5 }, { fastmcp: { wrap_result: 'true' } }],
    [{ result: 5 }, { fastmcp: null }],
    [{ result: 5, more: 1 }, undefined],
    [{}, undefined],
  ])('is the structured content %j itself with the meta %j [3.6.10]', async (structuredContent, _meta) => {
    const lease = await answering({ content: [], structuredContent, ...(_meta === undefined ? {} : { _meta }) });
    expect((await lease.callTool('t')).data).toEqual(structuredContent);
  });

  it.each([{}, { other: 5 }])('is undefined where %j is said to be wrapped', async (structuredContent) => {
    const lease = await answering({ content: [], structuredContent, _meta: { fastmcp: { wrap_result: true } } });
    expect((await lease.callTool('t')).data).toBeUndefined();
  });

  it('is undefined where there is no structured content', async () => {
    const lease = await answering({ content: [{ type: 'text', text: '5' }] });
    expect((await lease.callTool('t')).data).toBeUndefined();
  });

  it('is undefined in the result of an error, whatever is in it [3.6.13, 3.6.15]', async () => {
    const { lease } = await serving({
      'tools/list': () => ({ tools: [tool('t', { outputSchema: { type: 'object', required: ['a'] } })] }),
      'tools/call': () => ({ content: [], structuredContent: { result: 'no' }, isError: true }),
    });
    await lease.listTools();
    const result = await lease.callTool('t', {}, { throwOnError: false, output: z.number() });
    expect(result).toMatchObject({ isError: true, structuredContent: { result: 'no' } });
    expect(result.data).toBeUndefined();
  });

  it('is checked and typed by output, in place of the schema of the tool', async () => {
    const { lease } = await toolOf({ type: 'object', properties: { a: { type: 'string' } } }, { a: 1 });
    await lease.listTools();
    const { data } = await lease.callTool('t', {}, { output: z.object({ a: z.number() }) });
    expect(data.a + 1).toBe(2);
    await expect(lease.callTool('t', {}, { output: z.object({ a: z.date() }) })).rejects.toBeInstanceOf(
      InvalidResponseError,
    );
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('keeps its dates as text, unless output makes something else of them', async () => {
    const { lease } = await toolOf(
      { type: 'object', properties: { at: { type: 'string', format: 'date-time' } } },
      { at: 'tomorrow' },
    );
    await lease.listTools();
    expect((await lease.callTool('t')).data).toEqual({ at: 'tomorrow' });
    const output = z.object({ at: z.string().transform((text) => text.length) });
    expect((await lease.callTool('t', {}, { output })).data).toEqual({ at: 8 });
  });
});

describe('a tool that reports an error', () => {
  it.each([
    ['the text', [{ type: 'text', text: 'disk full' }], 'disk full'],
    [
      'the first text',
      [
        { type: 'image', data: '', mimeType: 'image/png' },
        { type: 'text', text: 'see' },
      ],
      'see',
    ],
    ['the name without any text', [{ type: 'image', data: '', mimeType: 'image/png' }], 'tool "t" returned an error'],
    ['the name without any content', [], 'tool "t" returned an error'],
    ['the name with an empty text', [{ type: 'text', text: '' }], 'tool "t" returned an error'],
  ])('rejects with %s [3.6.12, 3.6.14]', async (_what, content, message) => {
    const lease = await answering({ content, isError: true });
    const error: unknown = await lease.callTool('t').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({ message, code: 'tool_error', executed: 'maybe', result: { content, isError: true } });
  });

  it('tells what a real server makes of a thrown error [3.6.12]', async () => {
    const server = new McpServer({ name: 'real', version: '1' });
    server.registerTool('fail', {}, () => {
      throw new Error('out of paper');
    });
    await new Client(server).use(async (lease) => {
      await expect(lease.callTool('fail')).rejects.toThrow('out of paper');
      const result = await lease.callTool('fail', {}, { throwOnError: false });
      expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text: 'out of paper' }] });
      expect(await lease.raw.callTool('fail')).toMatchObject({ isError: true });
    });
  });
});

describe('a result', () => {
  it('keeps what the protocol does not know of it', async () => {
    const result = { content: [{ type: 'text', text: 'x', 'x-rank': 1 }], 'x-trace': 'abc' };
    const lease = await answering(result);
    expect(await lease.raw.callTool('t')).toEqual(result);
    expect((await lease.callTool('t')).content).toEqual(result.content);
  });

  it('may have no content', async () => {
    const lease = await answering({ structuredContent: { a: 1 } });
    expect(await lease.callTool('t')).toMatchObject({ content: [], data: { a: 1 } });
    expect((await lease.raw.callTool('t')).content).toEqual([]);
  });
});

describe('meta and version', () => {
  const real = (): { server: McpServer; seen: unknown[] } => {
    const seen: unknown[] = [];
    const server = new McpServer({ name: 'real', version: '1' });
    server.registerTool('t', { inputSchema: { a: z.number() } }, ({ a }, { _meta }) => {
      seen.push([a, _meta]);
      return { content: [] };
    });
    server.registerResource('r', 'test://r', {}, (_uri, { _meta }) => {
      seen.push(_meta);
      return { contents: [] };
    });
    server.registerPrompt('p', {}, ({ _meta }) => {
      seen.push(_meta);
      return { messages: [] };
    });
    return { server, seen };
  };

  it('reach a real server with the arguments [3.6.2]', async () => {
    const { server, seen } = real();
    const meta = { tenant: 'a', fastmcp: { trace: 1 } };
    await new Client(server).use(async (lease) => {
      await lease.callTool('t', { a: 1 }, { meta });
      await lease.callTool('t', { a: 2 }, { meta, version: '2.0' });
      await lease.readResource('test://r', { meta, version: '1' });
      await lease.getPrompt('p', {}, { version: '3' });
    });
    expect(seen).toEqual([
      [1, meta],
      [2, { tenant: 'a', fastmcp: { trace: 1, version: '2.0' } }],
      { tenant: 'a', fastmcp: { trace: 1, version: '1' } },
      { fastmcp: { version: '3' } },
    ]);
    expect(meta).toEqual({ tenant: 'a', fastmcp: { trace: 1 } });
  });

  it('stand beside the progress token', async () => {
    const { lease, server } = await serving({ 'tools/call': () => ({ content: [] }) });
    await lease.callTool('t', {}, { version: '2', meta: { fastmcp: 'odd' }, onProgress: () => undefined });
    const [sent] = server.last.sent('tools/call');
    expect(sent?.params?._meta).toEqual({ fastmcp: { version: '2' }, progressToken: sent?.id });
  });

  it('refuse a version that is no string, before anything is sent', async () => {
    const { lease, server } = await serving({});
    const options = { version: 2 as unknown as string };
    await expect(lease.callTool('t', {}, options)).rejects.toBeInstanceOf(ConfigError);
    await expect(lease.readResource('a://b', options)).rejects.toBeInstanceOf(ConfigError);
    await expect(lease.getPrompt('p', {}, options)).rejects.toBeInstanceOf(ConfigError);
    expect(server.count('tools/call')).toBe(0);
  });
});
