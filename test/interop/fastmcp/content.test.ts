/** Resources, prompts and completions. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client, McpError, UnsupportedError, type Lease } from '../../../src/index.js';
import { everywhere } from './places.js';
import { current } from './versions.js';

everywhere(({ version, source }) => {
  let client: Client;
  let lease: Lease;
  beforeAll(async () => {
    client = new Client(source, { name: 'content' });
    lease = await client.connect();
  });
  afterAll(() => client.close());

  const promptText = async (...prompt: Parameters<Lease['getPrompt']>): Promise<string> => {
    const [message] = (await lease.getPrompt(...prompt)).messages;
    if (message?.content.type !== 'text') throw new Error('the prompt is no text');
    return message.content.text;
  };

  it('gives the resources of every page, and the templates beside them', async () => {
    const resources = await lease.listResources();
    expect(resources).toHaveLength(12);
    expect(resources.find(({ uri }) => uri === 'demo://text')).toMatchObject({ name: 'text', mimeType: 'text/plain' });
    const { resources: page } = await lease.raw.listResources();
    expect(page).toHaveLength(7);
    expect((await lease.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate)).toEqual([
      'demo://city/{name}/{day}',
    ]);
  });

  it('reads text, JSON and bytes', async () => {
    expect(await lease.readResource('demo://text')).toMatchObject([
      { uri: 'demo://text', mimeType: 'text/plain', text: 'grüße 🌍' },
    ]);
    expect(await lease.readResource(new URL('demo://settings'))).toMatchObject([
      { mimeType: 'application/json', text: '{"theme": "dark"}' },
    ]);
    const [bytes] = await lease.readResource('demo://bytes');
    expect(bytes !== undefined && 'blob' in bytes && [...Buffer.from(bytes.blob, 'base64')]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  it('reads what a template makes of a URI, escapes and all', async () => {
    expect(await lease.readResource('demo://city/K%C3%B6ln/monday')).toMatchObject([
      { uri: 'demo://city/K%C3%B6ln/monday', text: 'Köln on monday' },
    ]);
  });

  it('rejects with the error of the server where a resource is broken, or is not there', async () => {
    await expect(lease.readResource('demo://nowhere')).rejects.toThrow(McpError);
    await expect(lease.readResource('demo://nowhere')).rejects.toThrow(/demo:\/\/nowhere/);
    await expect(lease.readResource('demo://broken')).rejects.toThrow(McpError);
  });

  it('gets prompts, and sends arguments that are no strings as JSON', async () => {
    const names = (await lease.listPrompts()).map(({ name }) => name);
    expect(names.sort()).toEqual(['compare', 'letter', 'welcome']);
    expect(await promptText('welcome')).toBe('Welcome the user.');
    const args = { numbers: [1, 2, 39], options: { fast: true, deep: false }, title: 'Sum of "these"' };
    expect(await promptText('compare', args)).toBe(`Sum of "these": 42 ['fast']`);
  });

  it('rejects with the error of the server where a prompt is not there, or its arguments do not fit', async () => {
    await expect(lease.getPrompt('no-such-prompt')).rejects.toThrow(McpError);
    await expect(lease.getPrompt('compare', { numbers: 'many', options: {} })).rejects.toThrow(McpError);
    await expect(lease.getPrompt('letter')).rejects.toThrow(McpError);
  });

  it('gets the version of a prompt that we ask for', async () => {
    expect(await promptText('letter', { to: 'Ada' }, { version: '1.0' })).toBe('Dear Ada');
    expect(await promptText('letter', { to: 'Ada' })).toBe('Hey Ada');
  });

  // The release before has no completions.
  if (version === current.version) {
    it('completes arguments, with those that are known already', async () => {
      const template = { type: 'ref/resource', uri: 'demo://city/{name}/{day}' } as const;
      expect((await lease.complete(template, { name: 'name', value: 'Aa' })).values).toEqual(['Aachen', 'Aarhus']);
      const context = { name: 'Berlin' };
      expect((await lease.complete(template, { name: 'day', value: 'm' }, { context })).values).toEqual([
        'Berlin-monday',
      ]);
    });
  }

  it('says so where the server offers no subscriptions', async () => {
    expect(client.serverCapabilities?.resources).toMatchObject({ subscribe: false });
    await expect(lease.subscribeResource('demo://text')).rejects.toBeInstanceOf(UnsupportedError);
  });
});
