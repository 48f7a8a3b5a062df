import { describe, expect, it } from 'vitest';
import type { CreateMessageRequestParamsBase } from '@modelcontextprotocol/sdk/types.js';
import type { SamplingParams } from '../../../src/index.js';
import { ask } from './fixtures/asking-server.js';
import { asking, samplingParams } from './fixtures/server-calls.js';

const user = (text: string) => ({ role: 'user' as const, content: { type: 'text' as const, text } });
const question: CreateMessageRequestParamsBase = { messages: [user('what is 2 + 2?')], maxTokens: 10 };

describe('sampling', () => {
  it('gives a text as the message of an assistant [3.7.13]', async () => {
    const { answer } = await ask({ samplingHandler: () => '4' }, (server) => server.createMessage(question));
    expect(answer).toEqual({ role: 'assistant', model: 'mcp-actor', content: { type: 'text', text: '4' } });
  });

  it('gives the handler the system prompt, the messages and the preferences [3.7.14, 3.7.15]', async () => {
    const seen: SamplingParams[] = [];
    const params = {
      ...question,
      messages: [user('what is 2 + 2?'), { ...user('4?'), role: 'assistant' as const }, user('sure?')],
      systemPrompt: 'You are a mathematician.',
      modelPreferences: { hints: [{ name: 'small' }], costPriority: 1 },
      temperature: 0,
    };
    await ask({ samplingHandler: (given) => String(seen.push(given)) }, (server) => server.createMessage(params));
    expect(seen).toEqual([params]);
  });

  it('may give an image, from one [3.7.16]', async () => {
    const image = { type: 'image' as const, data: 'aGVsbG8=', mimeType: 'image/png' };
    const { answer } = await ask(
      {
        samplingHandler: ({ messages }) => ({
          role: 'assistant',
          model: 'painter',
          content: messages[0]?.content as typeof image,
          stopReason: 'endTurn',
        }),
      },
      (server) => server.createMessage({ messages: [{ role: 'user', content: image }], maxTokens: 10 }),
    );
    expect(answer).toEqual({ role: 'assistant', model: 'painter', content: image, stopReason: 'endTurn' });
  });

  it('is advertised without tools by default, and asking for tools gets -32602 [3.7.17]', async () => {
    const { connection, asks, answers } = await asking({ samplingHandler: () => 'hi' });
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({ sampling: {} });
    await asks(1, 'sampling/createMessage', {
      ...samplingParams,
      tools: [{ name: 'add', inputSchema: { type: 'object' } }],
    });
    await asks(2, 'sampling/createMessage', { ...samplingParams, toolChoice: { mode: 'auto' } });
    expect([1, 2].map((id) => answers(id)[0]?.error?.code)).toEqual([-32602, -32602]);
  });

  it('is advertised with the capabilities that are given, and then may use tools [3.7.18]', async () => {
    const use = { type: 'tool_use', id: '1', name: 'add', input: { a: 1 } } as const;
    const { connection, asks, answers } = await asking({
      samplingHandler: () => ({ role: 'assistant', model: 'm', content: [use], stopReason: 'toolUse' }),
      samplingCapabilities: { tools: {}, context: {} },
    });
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({
      sampling: { tools: {}, context: {} },
    });
    await asks(1, 'sampling/createMessage', {
      ...samplingParams,
      tools: [{ name: 'add', inputSchema: { type: 'object' } }],
    });
    expect(answers(1)[0]?.result).toMatchObject({ content: [use] });
  });

  it('is not advertised without a handler, whatever the capabilities', async () => {
    const { connection } = await asking({ samplingCapabilities: { tools: {} } });
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({});
  });

  it('is cancelled by the signal of the server', async () => {
    const aborted: boolean[] = [];
    const { error } = await ask(
      {
        samplingHandler: (_params, { signal }) =>
          new Promise<string>((resolve) => {
            signal.addEventListener('abort', () => {
              aborted.push(true);
              resolve('too late');
            });
          }),
      },
      (server) => {
        const controller = new AbortController();
        const answer = server.createMessage(question, { signal: controller.signal });
        queueMicrotask(() => controller.abort('enough'));
        return answer;
      },
    );
    expect(error).toContain('enough');
    await expect.poll(() => aborted).toEqual([true]);
  });
});
