import { describe, expect, it } from 'vitest';
import { accept } from '../../../src/index.js';
import { asking, samplingParams } from './fixtures/server-calls.js';

const texts = (length: number): string[] => Array.from({ length }, (_, at) => `text ${String(at)}`);
const fields = (length: number, field: unknown): object =>
  Object.fromEntries(texts(length).map((name) => [name, field]));
const form = (properties: object, more: object = {}): object => ({
  message: 'please',
  requestedSchema: { type: 'object', properties, ...more },
});
const sampling = (messages: unknown, more: object = {}): object => ({ messages, maxTokens: 1, ...more });
const text = { type: 'text', text: 'hello' };
const [message] = samplingParams.messages;
const many = (length: number, one: unknown): unknown[] => Array.from({ length }, () => one);

/** What becomes of one request: what the handlers were asked, and the answer. */
async function answered(method: string, params: object) {
  const asked: string[] = [];
  const { asks, answers, complaints } = await asking({
    samplingHandler: () => (asked.push('sampling'), 'hello'),
    elicitationHandler: () => (asked.push('elicitation'), accept()),
  });
  await asks(1, method, params);
  const error = answers(1)[0]?.error;
  return { error, message: error?.message ?? '', asked, complaints };
}

describe('a request of the server that holds too much', () => {
  it.each([
    ['257 fields', 'elicitation/create', form(fields(257, { type: 'boolean' })), '256'],
    ['50,000 fields that are none', 'elicitation/create', form(fields(50_000, {})), '50000'],
    ['2,001 choices for one field', 'elicitation/create', form({ a: { type: 'string', enum: texts(2_001) } }), '2000'],
    [
      '2,001 choices for several fields',
      'elicitation/create',
      form(fields(3, { type: 'array', items: { type: 'string', enum: texts(667) } })),
      '2000',
    ],
    ['2,001 names of required fields', 'elicitation/create', form({}, { required: texts(2_001) }), '2000'],
    ['1,001 messages', 'sampling/createMessage', sampling(many(1_001, message)), '1000'],
    [
      '4,001 blocks of content',
      'sampling/createMessage',
      sampling([{ role: 'user', content: many(4_001, text) }]),
      '4000',
    ],
    [
      '4,001 blocks in what a tool gave',
      'sampling/createMessage',
      sampling([{ role: 'user', content: [{ type: 'tool_result', toolUseId: '1', content: many(4_001, text) }] }]),
      '4000',
    ],
    ['1,001 tools', 'sampling/createMessage', sampling([message], { tools: many(1_001, {}) }), '1000'],
    [
      '50,001 words that stop it',
      'sampling/createMessage',
      sampling([message], { stopSequences: many(50_001, 1) }),
      '50000',
    ],
  ])('%s, is refused with the limit, and reaches no handler', async (_what, method, params, limit) => {
    const { error, asked, complaints } = await answered(method, params);
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining(limit) as string });
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.each([
    ['256 fields', 'elicitation/create', form(fields(256, { type: 'boolean' }))],
    ['2,000 choices', 'elicitation/create', form({ a: { type: 'string', enum: texts(2_000) } })],
    ['1,000 messages', 'sampling/createMessage', sampling(many(1_000, message))],
  ])('is not one of %s', async (_what, method, params) => {
    const { error, asked } = await answered(method, params);
    expect(error).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it('names neither all of its choices, nor the whole of a long one', async () => {
    const choices = [...texts(1_000), 'x'.repeat(10_000)].reverse();
    const { message: told, complaints } = await answered(
      'elicitation/create',
      form({ ['y'.repeat(10_000)]: { type: 'string', enum: choices, default: 'none of them' } }),
    );
    expect(told).toContain('"text 999"');
    expect(told).toContain('and 991 others');
    expect(told.length).toBeLessThan(1_000);
    expect(complaints[0]?.length).toBeLessThan(1_000);
  });

  it('does not get the whole of a long method, or of what is wrong with it, back', async () => {
    const unknown = await answered('x'.repeat(10_000), {});
    expect(unknown.message.length).toBeLessThan(1_000);
    const misfit = await answered('elicitation/create', form({ ['x'.repeat(10_000)]: { type: 'object' } }));
    expect(misfit.error?.code).toBe(-32602);
    expect(misfit.message.length).toBeLessThan(1_000);
  });
});
