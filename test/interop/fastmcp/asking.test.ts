/** What a server asks back while a tool of it runs: our model, our user, our roots, and whether we are there. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  accept,
  cancel,
  Client,
  decline,
  RequestTimeoutError,
  type ElicitationParams,
  type HandlerContext,
  type Lease,
  type SamplingParams,
} from '../../../src/index.js';
import { firstText } from '../../support/results.js';
import { everywhere } from './places.js';

everywhere(({ source }) => {
  const sampled: { params: SamplingParams; context: HandlerContext }[] = [];
  const asked: ElicitationParams[] = [];
  const complaints: string[] = [];
  /** What the user answers; each test says. */
  let answer: (
    params: ElicitationParams,
  ) => ReturnType<typeof decline> | Record<string, string | number> | string | number | boolean = decline;
  let client: Client;
  let lease: Lease;

  beforeAll(async () => {
    client = new Client(source, {
      name: 'asking',
      roots: ['file:///srv/data', { uri: 'file:///srv/more', name: 'more' }],
      samplingHandler: (params, context) => {
        sampled.push({ params, context });
        const [message] = params.messages;
        const content = Array.isArray(message?.content) ? message.content[0] : message?.content;
        return content?.type === 'text' ? `What of ${content.text}?` : 'What?';
      },
      elicitationHandler: (params) => {
        asked.push(params);
        return answer(params);
      },
      onError: (_error, where) => complaints.push(where),
    });
    lease = await client.connect();
  });
  afterAll(() => client.close());

  const ask = async (kind: string): Promise<unknown> => {
    asked.length = 0;
    return (await lease.callTool('ask', { kind })).data;
  };

  it('samples: a text that a handler gives is what the model said', async () => {
    expect((await lease.callTool('think', { about: 'bees' })).data).toBe('What of bees?');
    const [{ params, context } = {}] = sampled;
    expect(params).toMatchObject({ systemPrompt: 'Be brief.', maxTokens: 64 });
    expect(context).toMatchObject({ method: 'sampling/createMessage', generation: 1 });
  });

  it('samples several times at once, and gives each tool the answer to its own question', async () => {
    const topics = Array.from({ length: 20 }, (_, index) => `topic ${String(index)}`);
    const answers = await Promise.all(topics.map((about) => lease.callTool('think', { about })));
    expect(answers.map(({ data }) => data)).toEqual(topics.map((topic) => `What of ${topic}?`));
  });

  it.each([
    ['str', 'Ada', 'Ada'],
    ['int', 36, 36],
    ['float', 1.5, 1.5],
    ['literal', 'tea', 'tea'],
    ['enum', 'green', 'green'],
    ['choice', 'second', 'second'],
    ['choice titled', 'second', 'second'],
  ])('elicits %s: a value alone is the one field of the form', async (kind, value, data) => {
    answer = () => value;
    expect(await ask(kind)).toEqual({ action: 'accept', data });
    expect(asked).toMatchObject([{ message: `A ${kind}, please`, requestedSchema: { required: ['value'] } }]);
  });

  it('elicits yes or no: a value alone is the one field of the form [3.7.5]', async () => {
    answer = () => false;
    expect(await ask('bool')).toEqual({ action: 'accept', data: false });
  });

  it.each([
    ['several', ['first', 'third']],
    ['several titled', ['first', 'second']],
    ['several of an enum', ['red', 'green']],
  ])('elicits %s: more than one of the choices', async (kind, value) => {
    answer = () => accept({ value });
    expect(await ask(kind)).toEqual({ action: 'accept', data: value });
  });

  it('elicits a form: plain content is consent, and what is left out gets the default of the form', async () => {
    answer = () => ({ name: 'Ada', age: 36 });
    expect(await ask('dataclass')).toEqual({ action: 'accept', data: { name: 'Ada', age: 36, member: false } });
    expect(await ask('model')).toEqual({ action: 'accept', data: { name: 'Ada', age: 36 } });
  });

  it('elicits nothing but consent', async () => {
    answer = () => accept();
    expect(await ask('nothing')).toEqual({ action: 'accept', data: {} });
  });

  it('may decline, and leave it unanswered', async () => {
    answer = decline;
    expect(await ask('str')).toEqual({ action: 'decline', data: null });
    answer = cancel;
    expect(await ask('dataclass')).toEqual({ action: 'cancel', data: null });
  });

  it('does not send what does not fit the form: the tool is told that it failed', async () => {
    answer = () => ({ name: 'Ada', age: 'old' });
    const result = await lease.callTool('ask', { kind: 'model' }, { throwOnError: false });
    expect(result.isError).toBe(true);
    expect(firstText(result)).toContain('age');
    expect(complaints.splice(0)).toEqual(['elicitationHandler']);
  });

  it('does not send a value for a form of several fields: the tool is told that it failed [3.7.11]', async () => {
    answer = () => 'Ada';
    const result = await lease.callTool('ask', { kind: 'dataclass' }, { throwOnError: false });
    expect(result.isError).toBe(true);
    expect(firstText(result)).toContain('"value"');
    expect(complaints.splice(0)).toEqual(['elicitationHandler']);
  });

  it('is not asked for a form inside a form: that is none of the protocol [3.7.12]', async () => {
    asked.length = 0;
    answer = decline;
    expect((await lease.callTool('ask_nested', {}, { throwOnError: false })).isError).toBe(true);
    expect(asked).toEqual([]);
  });

  it('ends a call by its timeout while our user thinks, and the session goes on [3.4.8]', async () => {
    // Not every server takes its question back: then it is over with the session.
    client.setElicitationCallback(async (_params, { signal }) => {
      await once(signal, 'abort');
      return cancel();
    });
    await expect(lease.callTool('ask', { kind: 'str' }, { timeout: 300 })).rejects.toThrow(RequestTimeoutError);
    await lease.ping();
    expect(client.generation).toBe(1);
    client.setElicitationCallback((params) => {
      asked.push(params);
      return answer(params);
    });
  });

  it('is sent to a page, and agrees', async () => {
    asked.length = 0;
    answer = () => accept();
    expect((await lease.callTool('ask_outside')).data).toBe('accept');
    expect(asked).toMatchObject([{ mode: 'url', url: 'https://example.test/sign-in' }]);
  });

  it('tells its roots', async () => {
    const { data } = await lease.callTool('where');
    expect(data).toEqual([expect.stringMatching(/=file:\/\/\/srv\/data\/?$/), 'more=file:///srv/more']);
  });

  it('tells other roots once they are set, in the same session', async () => {
    expect(await client.setRoots(['file:///srv/other'])).toBe('now');
    const { data } = await lease.callTool('where');
    expect(data).toEqual([expect.stringMatching(/=file:\/\/\/srv\/other\/?$/)]);
  });

  it('answers a ping of the server', async () => {
    expect((await lease.callTool('are_you_there')).data).toBe('you are');
  });

  it('thinks with another model once it is set, in the same session', async () => {
    expect(client.setSamplingCallback(() => Promise.resolve('no idea'))).toBe('now');
    expect((await lease.callTool('think', { about: 'bees' })).data).toBe('no idea');
    expect(client.generation).toBe(1);
  });

  it('hurts nobody when a handler throws: the tool is told, and the session goes on', async () => {
    client.setSamplingCallback(() => {
      throw new Error('the model is out');
    });
    const result = await lease.callTool('think', { about: 'bees' }, { throwOnError: false });
    expect(result.isError).toBe(true);
    expect(complaints.splice(0)).toEqual(['samplingHandler']);
    await lease.ping();
    expect(client.generation).toBe(1);
  });
});
