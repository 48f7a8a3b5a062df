/**
 * All of the reference server that needs no handler of ours, over stdio and over streamable HTTP: one
 * session for all of it, as an agent would have.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidResponseError, McpError, ToolError, type Lease } from '../../src/index.js';
import { everything, heard, type Everything } from '../support/everything.js';
import { firstText, textOf } from '../support/results.js';

const resource = 'demo://resource/dynamic/text/1';

describe.each(everything)('server-everything over %s', (transport, start) => {
  let subject: Everything;
  let lease: Lease;

  beforeAll(async () => {
    subject = await start();
    lease = await subject.client.connect({ label: 'tests' });
    await heard(subject, lease);
  });
  afterAll(() => subject.stop());

  it('negotiates, and says who it is and what it can do [3.5.1, 3.5.4]', () => {
    const { client } = subject;
    expect(client.serverInfo).toMatchObject({ name: 'mcp-servers/everything', version: '2.0.0' });
    expect(client.protocolVersion).toBe('2025-11-25');
    expect(client.serverCapabilities).toMatchObject({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      logging: {},
      completions: {},
    });
    expect(client.instructions).toContain('Everything');
    expect(client.connection?.kind).toBe(transport === 'stdio' ? 'stdio' : 'http');
    expect(client.sessionId === null).toBe(transport === 'stdio');
  });

  it('answers a ping', async () => {
    await lease.ping();
  });

  describe('tools', () => {
    it('are listed with their schemas and annotations', async () => {
      const tools = new Map((await lease.listTools()).map((tool) => [tool.name, tool]));
      expect([...tools.keys()]).toEqual(
        expect.arrayContaining([
          'echo',
          'get-annotated-message',
          'get-env',
          'get-resource-links',
          'get-resource-reference',
          'get-structured-content',
          'get-sum',
          'get-tiny-image',
          'gzip-file-as-resource',
          'simulate-research-query',
          'toggle-simulated-logging',
          'toggle-subscriber-updates',
          'trigger-long-running-operation',
        ]),
      );
      expect(tools.get('echo')).toMatchObject({
        annotations: { readOnlyHint: true },
        inputSchema: { required: ['message'] },
      });
      expect(tools.get('get-structured-content')?.outputSchema).toBeDefined();
      expect(await lease.raw.listTools()).toMatchObject({ tools: expect.any(Array) as unknown });
    });

    it('echo and get-sum answer in text', async () => {
      expect(await textOf(lease, 'echo', { message: 'grüße 🌍' })).toBe('Echo: grüße 🌍');
      expect(await textOf(lease, 'get-sum', { a: 2, b: 3.5 })).toBe('The sum of 2 and 3.5 is 5.5.');
    });

    it('get-env shows the environment that the server has', async () => {
      const env = JSON.parse(await textOf(lease, 'get-env')) as Record<string, string>;
      expect(env['PATH']).toBe(process.env['PATH']);
      expect('PORT' in env).toBe(transport !== 'stdio');
    });

    it('get-structured-content gives data, checked and typed by a schema of ours', async () => {
      const output = z.object({ temperature: z.number(), conditions: z.string(), humidity: z.number() });
      const { data, structuredContent, content } = await lease.callTool(
        'get-structured-content',
        { location: 'Chicago' },
        { output },
      );
      expect(data.humidity + 1).toBe(83);
      expect(structuredContent).toEqual(data);
      expect(JSON.parse(firstText({ content }))).toEqual(data);
      const wrong = lease.callTool(
        'get-structured-content',
        { location: 'Chicago' },
        { output: z.object({ snow: z.string() }) },
      );
      await expect(wrong).rejects.toBeInstanceOf(InvalidResponseError);
    });

    it('get-tiny-image, get-annotated-message: images and annotations come as they are', async () => {
      const { content } = await lease.callTool('get-tiny-image');
      const [, image] = content;
      expect(image).toMatchObject({ type: 'image', mimeType: 'image/png' });
      if (image?.type === 'image') expect(Buffer.from(image.data, 'base64').subarray(1, 4).toString()).toBe('PNG');
      const annotated = await lease.callTool('get-annotated-message', { messageType: 'error', includeImage: true });
      expect(annotated.content).toMatchObject([
        { type: 'text', annotations: { priority: 1, audience: ['user', 'assistant'] } },
        { type: 'image', annotations: { priority: 0.5, audience: ['user'] } },
      ]);
    });

    it('get-resource-links, get-resource-reference: links can be read, and embedded resources are there', async () => {
      const { content } = await lease.callTool('get-resource-links', { count: 4 });
      const links = content.filter((block) => block.type === 'resource_link');
      expect(links).toHaveLength(4);
      for (const { uri } of links) expect(await lease.readResource(uri)).toMatchObject([{ uri }]);
      const { content: referring } = await lease.callTool('get-resource-reference', {
        resourceType: 'Blob',
        resourceId: 2,
      });
      expect(referring[1]).toMatchObject({
        type: 'resource',
        resource: { uri: 'demo://resource/dynamic/blob/2', blob: expect.any(String) as string },
      });
    });

    it('gzip-file-as-resource adds a resource, and tells that the list has changed', async () => {
      const args = { name: 'hello.txt.gz', data: 'data:text/plain,hello', outputType: 'resourceLink' };
      const { content } = await lease.callTool('gzip-file-as-resource', args);
      const uri = 'demo://resource/session/hello.txt.gz';
      expect(content).toMatchObject([{ type: 'resource_link', uri, mimeType: 'application/gzip' }]);
      await subject.first('notifications/resources/list_changed');
      expect((await lease.listResources()).map((one) => one.uri)).toContain(uri);
      expect(await lease.readResource(uri)).toMatchObject([{ uri, blob: expect.stringMatching(/^H4sI/) as string }]);
    });

    it('that are not there, or are called wrongly, are a ToolError', async () => {
      await expect(lease.callTool('no-such-tool')).rejects.toBeInstanceOf(ToolError);
      await expect(lease.callTool('get-sum', { a: 'two' })).rejects.toThrow(/invalid|expected/i);
      const given = await lease.callTool('no-such-tool', {}, { throwOnError: false });
      expect(given.isError).toBe(true);
    });
  });

  describe('resources', () => {
    it('and templates are listed', async () => {
      const resources = await lease.listResources();
      expect(resources.filter(({ uri }) => uri.startsWith('demo://resource/static/document/'))).toHaveLength(7);
      const templates = (await lease.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate);
      expect(templates.sort()).toEqual([
        'demo://resource/dynamic/blob/{resourceId}',
        'demo://resource/dynamic/text/{resourceId}',
      ]);
    });

    it('are read, as text and as bytes', async () => {
      const [document] = await lease.readResource('demo://resource/static/document/features.md');
      expect(document).toMatchObject({ mimeType: 'text/markdown', text: expect.stringContaining('#') as string });
      const [text] = await lease.readResource(new URL(resource));
      expect(text).toMatchObject({ uri: resource, text: expect.stringMatching(/^Resource 1: /) as string });
      const [blob] = await lease.readResource('demo://resource/dynamic/blob/3');
      expect(blob !== undefined && 'blob' in blob && Buffer.from(blob.blob, 'base64').toString()).toMatch(
        /^Resource 3: /,
      );
      await expect(lease.readResource('demo://resource/dynamic/text/none')).rejects.toBeInstanceOf(McpError);
      await expect(lease.readResource('demo://nowhere')).rejects.toBeInstanceOf(McpError);
    });
  });

  describe('prompts', () => {
    it('are listed and filled in', async () => {
      const names = (await lease.listPrompts()).map(({ name }) => name);
      expect(names.sort()).toEqual(['args-prompt', 'completable-prompt', 'resource-prompt', 'simple-prompt']);
      const textIn = async (name: string, args?: Record<string, unknown>): Promise<unknown> =>
        (await lease.getPrompt(name, args)).messages[0]?.content;
      expect(await textIn('simple-prompt')).toMatchObject({ text: 'This is a simple prompt without arguments.' });
      expect(await textIn('args-prompt', { city: 'Chicago' })).toMatchObject({ text: "What's weather in Chicago?" });
      expect(await textIn('args-prompt', { city: 'Austin', state: 'TX' })).toMatchObject({
        text: "What's weather in Austin, TX?",
      });
      expect(await textIn('completable-prompt', { department: 'Sales', name: 'Eve' })).toMatchObject({
        text: expect.stringContaining('Eve') as string,
      });
      const { messages } = await lease.getPrompt('resource-prompt', { resourceType: 'Text', resourceId: 7 });
      expect(messages[1]?.content).toMatchObject({
        type: 'resource',
        resource: { uri: 'demo://resource/dynamic/text/7' },
      });
    });

    it('that are not there, or lack an argument, are an McpError', async () => {
      await expect(lease.getPrompt('no-such-prompt')).rejects.toBeInstanceOf(McpError);
      await expect(lease.getPrompt('args-prompt')).rejects.toMatchObject({ code: -32_602 });
    });

    it('complete their arguments, one by the other, and resource templates theirs', async () => {
      const ref = { type: 'ref/prompt', name: 'completable-prompt' } as const;
      expect((await lease.complete(ref, { name: 'department', value: 'S' })).values).toEqual(['Sales', 'Support']);
      const context = { department: 'Sales' };
      expect((await lease.complete(ref, { name: 'name', value: '' }, { context })).values).toEqual([
        'David',
        'Eve',
        'Frank',
      ]);
      const template = { type: 'ref/resource', uri: 'demo://resource/dynamic/text/{resourceId}' } as const;
      expect((await lease.complete(template, { name: 'resourceId', value: '42' })).values).toEqual(['42']);
    });
  });

  it('has done all of it in one session', () => {
    expect(subject.client.generation).toBe(1);
    expect(subject.client.failure).toBeNull();
    expect(subject.client.inFlight).toEqual([]);
  });
});
