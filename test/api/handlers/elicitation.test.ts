import { describe, expect, it } from 'vitest';
import type { ElicitRequestFormParams } from '@modelcontextprotocol/sdk/types.js';
import {
  accept,
  cancel,
  decline,
  type ElicitationAnswer,
  type ElicitationHandler,
  type ElicitationParams,
} from '../../../src/index.js';
import { ask, type Asked } from './fixtures/asking-server.js';
import { asking } from './fixtures/server-calls.js';

type Properties = ElicitRequestFormParams['requestedSchema']['properties'];

const formOf = (properties: Properties, required?: string[]): ElicitRequestFormParams => ({
  message: 'please',
  requestedSchema: { type: 'object', properties, ...(required === undefined ? {} : { required }) },
});

/** The server asks for the form, and the handler gives that. */
const elicited = (form: ElicitRequestFormParams, given: ElicitationAnswer): Promise<Asked> =>
  ask({ elicitationHandler: () => given }, (server) => server.elicitInput(form));

const name: Properties = { name: { type: 'string' } };
const value = (field: Properties[string]): Properties => ({ value: field });

describe('elicitation', () => {
  it('is not advertised without a handler, and the server is answered with an error [3.7.1]', async () => {
    const { connection, asks, answers } = await asking();
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({});
    await asks(1, 'elicitation/create', formOf(name));
    expect(answers(1)[0]?.error?.code).toBe(-32601);
  });

  it('is advertised for forms and URLs by default, and as it is given otherwise', async () => {
    const both = await asking({ elicitationHandler: () => decline() });
    expect(both.connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({
      elicitation: { form: {}, url: {} },
    });
    const one = await asking({ elicitationHandler: () => decline(), elicitationCapabilities: { form: {} } });
    expect(one.connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({ elicitation: { form: {} } });
  });

  it('is accepted by plain data, given at once or later [3.7.2]', async () => {
    const { answer } = await elicited(formOf(name, ['name']), { name: 'Ada' });
    expect(answer).toEqual({ action: 'accept', content: { name: 'Ada' } });
    const later = await ask({ elicitationHandler: () => Promise.resolve({ name: 'Ada' }) }, (server) =>
      server.elicitInput(formOf(name)),
    );
    expect(later.answer).toEqual(answer);
  });

  it('is accepted by accept(), with content and without', async () => {
    expect((await elicited(formOf(name), accept({ name: 'Ada' }))).answer).toEqual({
      action: 'accept',
      content: { name: 'Ada' },
    });
    expect((await elicited(formOf({}), accept())).answer).toEqual({ action: 'accept', content: {} });
  });

  it('is declined by decline(), or by a result that is written out [3.7.3]', async () => {
    expect((await elicited(formOf(name, ['name']), decline())).answer).toEqual({ action: 'decline' });
    expect((await elicited(formOf(name), { action: 'decline', content: { name: 'x' } })).answer).toEqual({
      action: 'decline',
    });
  });

  it('is cancelled by cancel() [3.7.4]', async () => {
    expect((await elicited(formOf(name, ['name']), cancel())).answer).toEqual({ action: 'cancel' });
  });

  it('is given the message and the schema as they came', async () => {
    const seen: ElicitationParams[] = [];
    const form = formOf({ name: { type: 'string', title: 'Your name', description: 'as you like it', minLength: 1 } });
    await ask({ elicitationHandler: (params) => (seen.push(params), decline()) }, (server) => server.elicitInput(form));
    expect(seen).toEqual([{ ...form, mode: 'form' }]);
  });

  it.each([
    ['a text', { type: 'string' } as const, 'Ada'],
    ['a number', { type: 'number' } as const, 1.5],
    ['a whole number', { type: 'integer' } as const, 7],
    ['zero', { type: 'integer' } as const, 0],
    ['false', { type: 'boolean' } as const, false],
    ['an empty text', { type: 'string' } as const, ''],
  ])('of the one field "value" is answered by %s [3.7.5]', async (_what, field, given) => {
    expect((await elicited(formOf(value(field), ['value']), given)).answer).toEqual({
      action: 'accept',
      content: { value: given },
    });
    expect((await elicited(formOf(value(field)), accept(given))).answer).toEqual({
      action: 'accept',
      content: { value: given },
    });
  });

  it('of a choice of one is answered, in each form the protocol has for it [3.7.6]', async () => {
    const forms: Properties[string][] = [
      { type: 'string', enum: ['red', 'blue'] },
      { type: 'string', enum: ['red', 'blue'], enumNames: ['Red', 'Blue'] },
      {
        type: 'string',
        oneOf: [
          { const: 'red', title: 'Red' },
          { const: 'blue', title: 'Blue' },
        ],
      },
    ];
    for (const field of forms) {
      expect((await elicited(formOf(value(field)), 'blue')).answer).toMatchObject({ content: { value: 'blue' } });
      expect((await elicited(formOf(value(field)), 'green')).error).toContain('must be one of "red", "blue"');
    }
  });

  it('of a choice of several is answered, in each form the protocol has for it [3.7.7]', async () => {
    const forms: Properties[string][] = [
      { type: 'array', items: { type: 'string', enum: ['a', 'b', 'c'] }, minItems: 1, maxItems: 2 },
      {
        type: 'array',
        items: {
          anyOf: [
            { const: 'a', title: 'A' },
            { const: 'b', title: 'B' },
          ],
        },
        minItems: 1,
        maxItems: 2,
      },
    ];
    for (const field of forms) {
      expect((await elicited(formOf({ letters: field }), { letters: ['a', 'b'] })).answer).toMatchObject({
        content: { letters: ['a', 'b'] },
      });
      expect((await elicited(formOf(value(field)), ['b'])).answer).toMatchObject({ content: { value: ['b'] } });
      expect((await elicited(formOf(value(field)), [])).error).toContain('1 items or more');
      expect((await elicited(formOf(value(field)), ['a', 'b', 'a'])).error).toContain('2 items or less');
      expect((await elicited(formOf(value(field)), ['z'])).error).toContain('must be a list of');
    }
  });

  it('fills in the defaults of what is left out, and of nothing else [3.7.8]', async () => {
    const form = formOf(
      {
        name: { type: 'string', default: 'Ada' },
        age: { type: 'integer', default: 36 },
        subscribe: { type: 'boolean', default: false },
        colours: { type: 'array', items: { type: 'string', enum: ['red', 'blue'] }, default: ['red'] },
        colour: { type: 'string', enum: ['red', 'blue'], default: 'blue' },
        email: { type: 'string' },
      },
      ['name', 'age'],
    );
    const defaults = { name: 'Ada', age: 36, subscribe: false, colours: ['red'], colour: 'blue' };
    expect((await elicited(form, {})).answer).toEqual({ action: 'accept', content: defaults });
    expect((await elicited(form, accept())).answer).toEqual({ action: 'accept', content: defaults });
    const own = { name: '', age: 0, subscribe: true, colours: ['blue'], colour: 'red', email: 'ada@example.com' };
    expect((await elicited(form, own)).answer).toEqual({ action: 'accept', content: own });
    expect((await elicited(form, { age: undefined })).answer).toMatchObject({ content: { age: 36 } });
    expect((await elicited(form, decline())).answer).toEqual({ action: 'decline' });
  });

  it('whose handler throws gives the server an error, and hurts nobody [3.7.9]', async () => {
    let calls = 0;
    const elicitationHandler: ElicitationHandler = () => {
      calls += 1;
      if (calls === 1) throw new Error('no terminal');
      return decline();
    };
    const { answer, complaints } = await ask({ elicitationHandler }, async (server) => [
      await server.elicitInput(formOf(name)).catch((error: unknown) => (error as Error).message),
      await server.elicitInput(formOf(name)),
    ]);
    expect(answer).toEqual(['MCP error -32603: no terminal', { action: 'decline' }]);
    expect(complaints).toEqual(['elicitationHandler: no terminal']);
  });

  it('may be asked several times in one call, in turn and at once [3.7.10]', async () => {
    const elicitationHandler: ElicitationHandler = ({ message }) => ({ name: `to ${message}` });
    const form = (message: string): ElicitRequestFormParams => ({ ...formOf(name), message });
    const { answer } = await ask({ elicitationHandler }, async (server) => [
      await server.elicitInput(form('one')),
      await server.elicitInput(form('two')),
      ...(await Promise.all([server.elicitInput(form('three')), server.elicitInput(form('four'))])),
    ]);
    expect((answer as { content: { name: string } }[]).map(({ content }) => content.name)).toEqual([
      'to one',
      'to two',
      'to three',
      'to four',
    ]);
  });

  it.each([
    ['a text', 'Ada'],
    ['a list', ['Ada']],
    ['accept() of a text', accept('Ada')],
    ['nothing', undefined as unknown as string],
    ['null', null as unknown as string],
    ['a function', (() => 'Ada') as unknown as string],
  ])('of another field is not answered by %s: an error to the server [3.7.11]', async (_what, given) => {
    const { error, complaints } = await elicited(formOf(name), given);
    expect(error).toContain('-32603');
    expect(error).not.toContain('Ada');
    expect(complaints).toEqual([expect.stringMatching(/^elicitationHandler: /)]);
  });

  it.each([
    ['nested', { address: { type: 'object', properties: {} } }],
    ['a list of objects', { rows: { type: 'array', items: { type: 'object' } } }],
    ['a list of anything', { rows: { type: 'array' } }],
    ['a reference', { address: { $ref: '#/$defs/address' } }],
  ])('of a schema that is %s is refused, and reaches no handler [3.7.12]', async (_what, properties) => {
    let called = false;
    const { asks, answers, complaints } = await asking({ elicitationHandler: () => ((called = true), decline()) });
    await asks(1, 'elicitation/create', { message: 'x', requestedSchema: { type: 'object', properties } });
    expect(answers(1)[0]?.error?.code).toBe(-32602);
    expect(called).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('never sends content that does not fit, and names the property', async () => {
    const form = formOf({ age: { type: 'integer', minimum: 18 }, ...name }, ['name', 'age']);
    for (const [given, fault] of [
      [{ name: 'Ada' }, '"age" is missing'],
      [{ name: 'Ada', age: 'old' }, '"age" must be a number'],
      [{ name: 'Ada', age: 17 }, '"age" must be 18 or more'],
      [{ name: 7, age: 18 }, '"name" must be a text'],
    ] as const) {
      const { error, complaints } = await elicited(form, given);
      expect(error).toContain('-32602');
      expect(error).toContain(fault);
      expect(complaints).toEqual([expect.stringContaining(fault)]);
    }
  });

  it('takes what looks like a result for content where the form asks for a field "action"', async () => {
    const form = formOf({ action: { type: 'string', enum: ['accept', 'cancel'] }, ...name });
    expect((await elicited(form, { action: 'cancel' })).answer).toEqual({
      action: 'accept',
      content: { action: 'cancel' },
    });
    expect((await elicited(form, cancel())).answer).toEqual({ action: 'cancel' });
    const other = await elicited(formOf(name), { action: 'decline', name: 'Ada' });
    expect(other.answer).toEqual({ action: 'accept', content: { action: 'decline', name: 'Ada' } });
  });

  it('whose schema says more than the protocol knows is held to what the protocol knows', async () => {
    const seen: ElicitationParams[] = [];
    const { asks, answers, complaints } = await asking({
      elicitationHandler: (params) => (seen.push(params), { name: 'Ada', more: 1 }),
    });
    const properties = { name: { type: 'string', enum: 'AB', oneOf: 7, pattern: '(a+)+$' } };
    const requestedSchema = { type: 'object', properties, title: 'Who?' };
    await asks(1, 'elicitation/create', { message: 'x', requestedSchema });
    expect(answers(1)[0]?.result).toEqual({ action: 'accept', content: { name: 'Ada', more: 1 } });
    expect(seen).toEqual([{ message: 'x', requestedSchema }]);
    await asks(2, 'elicitation/create', {
      message: 'x',
      requestedSchema: { ...requestedSchema, additionalProperties: false },
    });
    expect(answers(2)[0]?.error).toMatchObject({ code: -32602, message: expect.stringContaining('"more"') as string });
    expect(complaints).toHaveLength(1);
  });

  it('keeps a property called __proto__ a property', async () => {
    const { asks, answers } = await asking({ elicitationHandler: () => ({}) });
    const properties = JSON.parse('{"__proto__":{"type":"string","default":"polluted"}}') as object;
    await asks(1, 'elicitation/create', { message: 'x', requestedSchema: { type: 'object', properties } });
    expect(answers(1)).toHaveLength(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(JSON.stringify(answers(1)[0])).not.toContain('"error"');
  });
});

describe('elicitation by URL', () => {
  const url = { mode: 'url' as const, message: 'sign in', elicitationId: 'e1', url: 'https://example.com/signin' };

  it('gives the handler the URL, and opens nothing', async () => {
    const seen: ElicitationParams[] = [];
    const { answer } = await ask({ elicitationHandler: (params) => (seen.push(params), accept()) }, (server) =>
      server.elicitInput(url),
    );
    expect(seen).toEqual([url]);
    expect(answer).toEqual({ action: 'accept' });
  });

  it.each([
    ['accept() with content', accept({ x: 1 }), { action: 'accept' }],
    ['a result that is written out', { action: 'accept' } as const, { action: 'accept' }],
    ['decline()', decline(), { action: 'decline' }],
    ['cancel()', cancel(), { action: 'cancel' }],
  ])('is answered by %s, without content', async (_what, given, result) => {
    const { answer } = await ask({ elicitationHandler: () => given }, (server) => server.elicitInput(url));
    expect(answer).toEqual(result);
  });

  it.each([
    ['nothing', undefined as unknown as string],
    ['true', true],
    ['no data', {}],
    ['the data of a form', { name: 'Ada' }],
  ])('is not agreed to by %s', async (_what, given) => {
    const { error, complaints } = await ask({ elicitationHandler: () => given }, (server) => server.elicitInput(url));
    expect(error).toContain('-32603');
    expect(complaints).toEqual([expect.stringMatching(/^elicitationHandler: /)]);
  });

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,hello',
    'https://example.com@evil.example/',
    'https://me:secret@example.com/',
    ' javascript:alert(1)',
  ])('of %s is refused, and reaches no handler', async (odd) => {
    let called = false;
    const { asks, answers, complaints } = await asking({ elicitationHandler: () => ((called = true), accept()) });
    await asks(1, 'elicitation/create', { ...url, url: odd });
    expect(answers(1)[0]?.error?.code).toBe(-32602);
    expect(called).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('that was not advertised gets -32602', async () => {
    for (const elicitationCapabilities of [{}, { form: {} }]) {
      const { asks, answers } = await asking({ elicitationHandler: () => accept(), elicitationCapabilities });
      await asks(1, 'elicitation/create', url);
      expect(answers(1)[0]?.error?.code).toBe(-32602);
      await asks(2, 'elicitation/create', formOf({}));
      expect(answers(2)[0]?.result).toEqual({ action: 'accept', content: {} });
    }
    const { asks, answers } = await asking({
      elicitationHandler: () => accept(),
      elicitationCapabilities: { url: {} },
    });
    await asks(1, 'elicitation/create', formOf({}));
    expect(answers(1)[0]?.error?.code).toBe(-32602);
  });

  it('tells the message handler when it is complete', async () => {
    const completed: unknown[] = [];
    await ask(
      {
        elicitationHandler: () => accept(),
        messageHandler: { onElicitationComplete: ({ params }) => completed.push(params?.['elicitationId']) },
      },
      async (server) => {
        await server.elicitInput(url);
        await server.createElicitationCompletionNotifier('e1')();
      },
    );
    expect(completed).toEqual(['e1']);
  });
});
