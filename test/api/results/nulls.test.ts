import { describe, expect, it } from 'vitest';
import { InvalidResponseError } from '../../../src/index.js';
import { serving, tool } from './listing-server.js';

describe('null, where the protocol leaves something out', () => {
  it('in one tool of a list is left out, and takes nothing else with it', async () => {
    const nulls = { title: null, description: null, annotations: null, icons: null, execution: null, _meta: null };
    const schema = { type: 'object', properties: { a: { default: null, title: null } } };
    const { lease, complaints } = await serving({
      'tools/list': () => ({
        tools: [tool('a', { description: 'x' }), tool('b', { ...nulls, inputSchema: schema, outputSchema: null })],
        nextCursor: null,
        _meta: null,
      }),
    });
    expect(await lease.listTools()).toEqual([tool('a', { description: 'x' }), tool('b', { inputSchema: schema })]);
    expect(complaints).toEqual([]);
  });

  it('in the lists of resources, templates and prompts is left out', async () => {
    const nulls = { title: null, description: null, mimeType: null, annotations: null, size: null, _meta: null };
    const { lease } = await serving({
      'resources/list': () => ({ resources: [{ uri: 'a://b', name: 'r', ...nulls }] }),
      'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate: 'a://{b}', name: 't', ...nulls }] }),
      'prompts/list': () => ({
        prompts: [
          { name: 'p', description: null, arguments: null },
          { name: 'q', arguments: [{ name: 'a', description: null, required: null }] },
        ],
      }),
    });
    expect(await lease.listResources()).toEqual([{ uri: 'a://b', name: 'r' }]);
    expect(await lease.listResourceTemplates()).toEqual([{ uriTemplate: 'a://{b}', name: 't' }]);
    expect(await lease.listPrompts()).toEqual([{ name: 'p' }, { name: 'q', arguments: [{ name: 'a' }] }]);
  });

  it('in what was asked for is left out: the answer is not lost by it', async () => {
    const text = { type: 'text', text: 'hi', annotations: null, _meta: null };
    const link = { type: 'resource_link', uri: 'a://b', name: 'r', mimeType: null, annotations: { audience: null } };
    const { lease } = await serving({
      'tools/call': () => ({ content: [text, link], structuredContent: null, _meta: null }),
      'resources/read': () => ({ contents: [{ uri: 'a://b', text: '', mimeType: null }], _meta: null }),
      'prompts/get': () => ({ description: null, messages: [{ role: 'user', content: text }] }),
    });
    const result = await lease.callTool('t');
    expect(result.content).toEqual([
      { type: 'text', text: 'hi' },
      { type: 'resource_link', uri: 'a://b', name: 'r', annotations: {} },
    ]);
    expect(result).toMatchObject({ isError: false, structuredContent: undefined, meta: undefined });
    expect(await lease.readResource('a://b')).toEqual([{ uri: 'a://b', text: '' }]);
    expect(await lease.getPrompt('p')).toMatchObject({ messages: [{ content: { type: 'text', text: 'hi' } }] });
  });

  it('in what is the server’s own stays', async () => {
    const structuredContent = { title: null, rows: [{ description: null }] };
    const { lease } = await serving({
      'tools/call': () => ({ content: null, structuredContent, _meta: { title: null } }),
    });
    const result = await lease.callTool('t');
    expect(result).toMatchObject({ content: [], structuredContent, meta: { title: null } });
  });

  it('where something has to be is still none of the protocol', async () => {
    const { lease } = await serving({
      'tools/list': () => ({ tools: [{ ...tool('a'), name: null }] }),
      'tools/call': () => ({ content: [{ type: 'text', text: null }] }),
    });
    await expect(lease.listTools()).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });
});
