/** What the reference server asks of a client, over stdio and over streamable HTTP, and what it is answered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept, decline, type ElicitationParams, type Lease, type SamplingParams } from '../../src/index.js';
import { everything, heard, type Everything } from '../support/everything.js';

describe.each(everything)('server-everything over %s', (_transport, start) => {
  let subject: Everything;
  let lease: Lease;
  const sampled: SamplingParams[] = [];
  const elicited: ElicitationParams[] = [];

  beforeAll(async () => {
    subject = await start({
      roots: [{ uri: 'file:///one', name: 'One' }],
      samplingHandler: (params) => {
        sampled.push(params);
        return 'sampled by us';
      },
      elicitationHandler: (params) => {
        elicited.push(params);
        return params.mode === 'url' ? accept() : { name: 'Ada', email: 'ada@example.com' };
      },
    });
    lease = await subject.client.connect();
    await heard(subject, lease);
  });
  afterAll(() => subject.stop());

  const said = async (tool: string, args: object = {}): Promise<string> =>
    JSON.stringify((await lease.callTool(tool, { ...args })).content);

  it('offers the tools that need handlers, because they were advertised', async () => {
    const names = (await lease.listTools()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'get-roots-list',
        'trigger-sampling-request',
        'trigger-elicitation-request',
        'trigger-url-elicitation',
      ]),
    );
  });

  it('samples', async () => {
    expect(await said('trigger-sampling-request', { prompt: 'hello' })).toContain('sampled by us');
    expect(sampled[0]).toMatchObject({ systemPrompt: 'You are a helpful test server.', maxTokens: 100 });
  });

  it('elicits a form of every kind of field, and gets the defaults of those that are left out', async () => {
    const text = await said('trigger-elicitation-request');
    expect(text).toContain('Name: Ada');
    expect(text).toContain('Favorite Integer: 42');
    expect(text).toContain('hero-1');
    expect(text).toContain('fish-1');
  });

  it('elicits by URL', async () => {
    const text = await said('trigger-url-elicitation', { url: 'https://example.com/x', elicitationId: 'e-1' });
    expect(text).toContain('completed the URL elicitation flow');
    expect(elicited.at(-1)).toMatchObject({ mode: 'url', url: 'https://example.com/x', elicitationId: 'e-1' });
  });

  it('is declined by a callback that was replaced while connected', async () => {
    expect(subject.client.setElicitationCallback(() => decline())).toBe('now');
    expect(await said('trigger-elicitation-request')).toContain('declined');
  });

  it('lists our roots, and asks again when they were replaced', async () => {
    expect(await said('get-roots-list')).toContain('file:///one');
    expect(await subject.client.setRoots(['file:///two', 'file:///three'])).toBe('now');
    await subject.first('notifications/message', ({ data }) => String(data).includes('Roots updated: 2'));
    expect(await said('get-roots-list')).toContain('file:///three');
  });
});
