import { describe, expect, it } from 'vitest';
import { InvalidResponseError, type ListedTool } from '../../../src/index.js';
import { Checks, checks } from '../../../src/api/output/checks.js';
import { MAX_WORK } from '../../../src/api/output/compiler.js';
import { MAX_DEPTH, MAX_SUBSCHEMAS } from '../../../src/api/output/schema-copy.js';
import { serving, tool, toolOf } from './listing-server.js';

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });

function nested(levels: number): object {
  let schema: object = { type: 'string' };
  for (let level = 0; level < levels; level += 1) schema = object({ a: schema });
  return schema;
}

const wide = (subschemas: number): object =>
  object(Object.fromEntries(Array.from({ length: subschemas - 1 }, (_, at) => [`p${String(at)}`, {}])));

/** Each definition refers twice to the next: as many evaluations as 2 to the power of its length. */
function bomb(keyword: 'allOf' | 'anyOf' | 'oneOf', length = 60): object {
  const $defs = Object.fromEntries(
    Array.from({ length }, (_, at) => {
      const $ref = `#/$defs/d${String(at + 1)}`;
      return [`d${String(at)}`, at === length - 1 ? { type: 'string' } : { [keyword]: [{ $ref }, { $ref }] }];
    }),
  );
  return object({ value: { $ref: '#/$defs/d0' } }, { $defs });
}

const containing = (text: string): unknown => expect.stringContaining(text);

const byName = (tools: readonly ListedTool[]): Record<string, string | undefined> =>
  Object.fromEntries(tools.map(({ name, schemaError }) => [name, schemaError]));

describe('a regular expression of the server', () => {
  const evil = '^(a+)+$';
  const payload = `${'a'.repeat(50_000)}!`;

  it.each([
    ['pattern', object({ value: { type: 'string', pattern: evil } }), { value: payload }],
    ['patternProperties', object({}, { patternProperties: { [evil]: { type: 'null' } } }), { [payload]: 1 }],
    ['propertyNames', object({}, { propertyNames: { pattern: evil } }), { [payload]: 1 }],
    ['format', object({ value: { type: 'string', format: 'regex' } }), { value: payload }],
    [
      'one behind a reference',
      object({ value: { $ref: '#/$defs/a' } }, { $defs: { a: { pattern: evil } } }),
      { value: payload },
    ],
  ])('as %s is never run on what it would run for years [row 23]', async (_what, schema, structuredContent) => {
    const { lease, complaints } = await toolOf(schema, structuredContent);
    expect(byName(await lease.listTools())).toEqual({ sibling: undefined, t: undefined });
    expect((await lease.callTool('t')).data).toEqual(structuredContent);
    expect(complaints).toEqual([]);
  });

  const value = { type: 'string', pattern: evil };

  it.each<readonly [string, object]>([
    ['a constant', { $defs: { x: { const: value } }, $ref: '#/$defs/x/const' }],
    ['one of several values', { $defs: { x: { enum: [1, value] } }, $ref: '#/$defs/x/enum/1' }],
    ['a value in a value', { const: { a: [value] }, allOf: [{ $ref: '#/const/a/0' }] }],
    [
      'a constant, behind a reference to it',
      { $defs: { x: { const: value }, y: { $ref: '#/$defs/x/const' } }, $ref: '#/$defs/y' },
    ],
    ['a constant, with its path in other letters', { $defs: { x: { const: value } }, $ref: '#/%24defs/x/%63onst' }],
    [
      'a constant, with its path in letters of letters',
      { $defs: { x: { const: value } }, $ref: '#/%2524defs/x/const' },
    ],
    [
      'a constant, by the name of the whole',
      { $id: 'a:b', $defs: { x: { const: value } }, $ref: 'a:b#/$defs/x/const' },
    ],
    [
      'a constant, from a part that has a name',
      { $defs: { x: { $id: 'x:y', const: value, allOf: [{ $ref: '#/const' }] } }, $ref: 'x:y' },
    ],
    [
      'properties as if they were a schema',
      { properties: { uniqueItems: true, a: {} }, allOf: [{ $ref: '#/properties' }] },
    ],
  ])('is not reached as %s either: such a schema is not used [row 23]', async (_what, part) => {
    const structuredContent = { value: payload };
    for (const schema of [part, object({}, part)]) {
      const { lease } = await toolOf(schema, structuredContent);
      expect(byName(await lease.listTools())).toEqual({
        sibling: undefined,
        t: containing('leads to what is no schema'),
      });
      expect((await lease.callTool('t')).data).toEqual(structuredContent);
    }
  });

  it('that is none leaves the rest of the schema in force [row 23, row 24]', async () => {
    const schema = object({ value: { type: 'string', pattern: '(?P<x>' }, count: { type: 'integer' } });
    const { lease } = await toolOf(schema, { value: 'x', count: 'many' });
    await lease.listTools();
    await expect(lease.callTool('t')).rejects.toThrow('"/count" must be integer');
  });
});

describe('a schema that cannot be used', () => {
  const unusable: readonly (readonly [string, object, string])[] = [
    ['refers to nothing', object({ a: { $ref: '#/$defs/nowhere' } }), "can't resolve reference"],
    [
      'says its $id twice',
      object({ a: { $id: 'a:b' }, b: { $id: 'a:b', type: 'string' } }),
      'resolves to more than one',
    ],
    ['has a chain of references too long to follow', chain(900), 'call stack'],
  ];

  it.each(unusable)(
    'because it %s is told by the call, which goes unchecked, and then by the listing [row 24]',
    async (_what, schema, why) => {
      const { lease, complaints } = await toolOf(schema, { a: 1 });
      expect(byName(await lease.listTools())).toEqual({ sibling: undefined, t: undefined });
      expect((await lease.callTool('t')).data).toEqual({ a: 1 });
      expect((await lease.callTool('t')).data).toEqual({ a: 1 });
      expect(complaints).toEqual([expect.stringMatching(/^callTool: .*results are not checked/)]);
      expect(complaints[0]).toContain(why);
      expect(byName(await lease.listTools())).toEqual({ sibling: undefined, t: containing(why) });
      await lease.callTool('t');
      expect(complaints).toHaveLength(1);
    },
  );

  function chain(length: number): object {
    const next = (at: number): object =>
      at === length ? { type: 'string' } : { $ref: `#/$defs/d${String(at + 1)}`, minLength: 1 };
    const $defs = Object.fromEntries(Array.from({ length: length + 1 }, (_, at) => [`d${String(at)}`, next(at)]));
    return object({ a: { $ref: '#/$defs/d0' } }, { $defs });
  }

  it.each([
    ['of 5 MB', object({}, { description: 'x'.repeat(5_000_000) }), 'longer than 256 KiB'],
    ['of 10,001 subschemas', wide(10_001), `more than ${String(MAX_SUBSCHEMAS)} subschemas`],
    ['of one subschema too many', wide(MAX_SUBSCHEMAS + 1), `more than ${String(MAX_SUBSCHEMAS)} subschemas`],
    ['nested 65 levels deep', nested(MAX_DEPTH + 1), `more than ${String(MAX_DEPTH)} levels`],
    ['of a dialect nobody here knows', { $schema: 'https://example.com/mine' }, '"https://example.com/mine"'],
    ['of draft-04', { $schema: 'http://json-schema.org/draft-04/schema#' }, '2020-12 and draft-07'],
    ['whose minimum is a text', object({ a: { minimum: '1' } }), '"/properties/a/minimum" is not a number'],
    ['whose properties are a list', { properties: [] }, '"/properties" is not an object'],
    ['whose type is unknown', object({ a: { type: 'date' } }), '"/properties/a/type" is not a type of JSON'],
    ['whose $ref is a number', object({ a: { $ref: 1 } }), '"/properties/a/$ref" is not a reference'],
    ['with an endless $ref', object({ a: { $ref: 'x'.repeat(3_000) } }), 'is not a reference'],
    ['with a subschema that is a text', object({ a: 'string' }), '"/properties/a" is not a schema'],
  ])('%s is listed with what is wrong, can be called, and hurts no other tool [row 24]', async (_what, schema, why) => {
    const { lease, complaints } = await toolOf(schema, { a: 1 });
    const tools = await lease.listTools();
    expect(byName(tools)).toEqual({ sibling: undefined, t: containing(why) });
    expect(tools[1]?.outputSchema).toEqual(schema);
    expect((await lease.callTool('t')).data).toEqual({ a: 1 });
    expect(complaints).toHaveLength(1);
  });

  it('at each limit is used [row 24]', async () => {
    for (const schema of [wide(MAX_SUBSCHEMAS), nested(MAX_DEPTH)]) {
      const { lease, complaints } = await toolOf(schema, []);
      expect(byName(await lease.listTools())).toEqual({ sibling: undefined, t: undefined });
      expect(complaints).toEqual([]);
    }
    const compiled = await checks.of(JSON.stringify(nested(MAX_DEPTH)));
    expect('check' in compiled && compiled.check({ a: { a: 1 } })).toMatchObject({ kind: 'misfit', path: '/a/a' });
  });

  it('of its own $id does not meet that of another server [row 24]', async () => {
    const $id = 'https://example.com/result';
    const texts = await toolOf({ $id, ...object({ a: { type: 'string' } }) }, { a: 'text' });
    const numbers = await toolOf({ $id, ...object({ a: { type: 'number' } }) }, { a: 'text' });
    await texts.lease.listTools();
    await numbers.lease.listTools();
    expect((await texts.lease.callTool('t')).data).toEqual({ a: 'text' });
    await expect(numbers.lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('cannot say so itself: what the server calls schemaError is not ours', async () => {
    const { lease } = await serving({ 'tools/list': () => ({ tools: [tool('t', { schemaError: 'trust me' })] }) });
    expect(await lease.listTools()).toEqual([tool('t')]);
  });

  it('because it leads round in a server of this process is listed as such', async () => {
    const round: Record<string, unknown> = { type: 'object' };
    round['properties'] = { self: round };
    const { lease } = await toolOf(round, { a: 1 });
    expect(byName(await lease.listTools())).toEqual({ sibling: undefined, t: 'it is no JSON' });
    expect((await lease.callTool('t')).data).toEqual({ a: 1 });
    await expect(lease.callTool('t', {}, { expectFingerprint: 'any' })).rejects.toMatchObject({ code: 'tool_changed' });
  });
});

describe('a schema that takes long to compile', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `name ${String(at)}`);

  it.each([
    ['names that hang on one', { dependentRequired: { a: names(2_001) } }, 'more than 2000 names'],
    [
      'names that hang on many',
      { dependentRequired: Object.fromEntries(names(1_001).map((name) => [name, ['q']])) },
      'more than 1000 subschemas',
    ],
    ['required names', { required: names(2_001) }, 'more than 2000 names'],
    [
      'required names in many places',
      { anyOf: Array.from({ length: 11 }, () => ({ required: names(199) })) },
      'more than 2000 names',
    ],
    [
      'parts with names of their own',
      { allOf: names(101).map((_, at) => ({ $id: `a:${String(at)}` })) },
      'more than 100 subschemas with an $id',
    ],
  ])('for its %s is not used [row 24]', async (_what, part, why) => {
    const { lease } = await toolOf(object({}, part), {});
    expect(byName(await lease.listTools())).toEqual({ sibling: undefined, t: containing(why) });
  });

  it('because of names that each other name needs, as often as allowed, is compiled at once, and checked', async () => {
    const schema = {
      dependentRequired: { 'name 0': names(1_500) },
      dependentSchemas: { 'name 0': { maxProperties: 1_500 } },
    };
    const all = Object.fromEntries(names(1_500).map((name) => [name, 1]));
    const started = performance.now();
    const compiled = await checks.of(JSON.stringify(schema));
    if ('error' in compiled) throw new Error(compiled.error);
    expect(compiled.check(all)).toEqual({ kind: 'fits' });
    expect(compiled.check({ 'name 0': 1 })).toMatchObject({ kind: 'misfit' });
    expect(compiled.check({ ...all, more: 1 })).toMatchObject({ kind: 'misfit' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('counts the names that hang on others as work', async () => {
    const $ref = (name: string): object => ({
      allOf: Array.from({ length: 100 }, () => ({ $ref: `#/$defs/${name}` })),
    });
    const all = Object.fromEntries(names(1_500).map((name) => [name, 1]));
    const $defs = { a: { dependentRequired: { 'name 0': names(1_500) } }, b: $ref('a'), c: $ref('b') };
    const compiled = await checks.of(JSON.stringify({ $defs, $ref: '#/$defs/c' }));
    if ('error' in compiled) throw new Error(compiled.error);
    expect(compiled.check(all)).toMatchObject({ kind: 'unchecked' });
  });
});

describe('a schema that takes years to check', () => {
  const many = { value: Array.from({ length: 20_000 }, (_, at) => at) };
  const fan = (count: number, schema: object): object[] => Array.from({ length: count }, () => schema);

  it.each<readonly [string, object, object]>([
    ['allOf of references', bomb('allOf'), { value: 'x' }],
    ['anyOf of references', bomb('anyOf'), { value: 1 }],
    ['oneOf of references', bomb('oneOf'), { value: 'x' }],
    ['references that meet at each level', treeBomb(), deep(100)],
    [
      'many alternatives for many items',
      object({ value: { items: { anyOf: [...fan(400, { minimum: 1e9 }), {}] } } }),
      many,
    ],
    [
      'many looks at a long text',
      object({ value: { anyOf: fan(900, { minLength: 1e9 }) } }),
      { value: 'x'.repeat(1e6) },
    ],
    [
      'many counts of many properties',
      object({ value: { anyOf: fan(900, { minProperties: 1e9 }) } }),
      { value: Object.fromEntries(many.value.map((at) => [`p${String(at)}`, at])) },
    ],
    [
      'a value that each item is compared with',
      object({ value: { items: { not: { const: [...many.value, 0] } } } }),
      { value: fan(9_000, many.value) },
    ],
  ])(
    'by %s is given up; the result is given, and onError is told once [row 24]',
    async (_what, schema, structuredContent) => {
      const { lease, complaints } = await toolOf(schema, structuredContent);
      await lease.listTools();
      for (let call = 0; call < 2; call += 1) expect((await lease.callTool('t')).data).toEqual(structuredContent);
      expect(complaints).toEqual([expect.stringContaining(`more than ${String(MAX_WORK)} evaluations`)]);
    },
  );

  /** On each level of the value, twice as many evaluations as on the one above. */
  function treeBomb(): object {
    const $ref = '#/$defs/node';
    return object(
      { value: { $ref } },
      { $defs: { node: { allOf: [object({ a: { $ref } }), object({ a: { $ref } })] } } },
    );
  }

  function deep(levels: number): object {
    let value: object = {};
    for (let level = 0; level < levels; level += 1) value = { a: value };
    return { value };
  }

  it('round in a circle without moving is given up as well', async () => {
    const circle = object(
      { a: { $ref: '#/$defs/a' } },
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    );
    const { lease, complaints } = await toolOf(circle, { a: 1 });
    await lease.listTools();
    expect((await lease.callTool('t')).data).toEqual({ a: 1 });
    expect(complaints).toHaveLength(1);
  });

  it('is not what a large result of a plain schema is: 20,000 rows are checked', async () => {
    const row = object(
      { id: { type: 'integer' }, name: { type: 'string' } },
      { required: ['id'], additionalProperties: false },
    );
    const rows = Array.from({ length: 20_000 }, (_, id): object => ({ id, name: `row ${String(id)}` }));
    const { lease, complaints } = await toolOf(object({ rows: { type: 'array', items: row } }), {
      rows: [...rows, { name: 'last' }],
    });
    await lease.listTools();
    await expect(lease.callTool('t')).rejects.toThrow(`"/rows/20000" must have required property 'id'`);
    expect(complaints).toEqual([]);
  });
});

describe('the compiled schemas', () => {
  const text = (n: number, length = 0): string => JSON.stringify({ const: `${String(n)}${'x'.repeat(length)}` });

  it('are compiled once for each text, also when many ask at once', async () => {
    const kept = new Checks(10, 1e6);
    expect(kept.of(text(0))).toBe(kept.of(text(0)));
    expect(await kept.of(text(0))).toHaveProperty('check');
  });

  it('are forgotten beyond a number, those that were used least lately first', () => {
    const kept = new Checks(3, 1e6);
    const [first, second] = [kept.of(text(0)), kept.of(text(1))];
    for (let n = 2; n < 10; n += 1) {
      void kept.of(text(n));
      expect(kept.of(text(0))).toBe(first);
    }
    expect(kept.of(text(1))).not.toBe(second);
  });

  it('are forgotten beyond a length', () => {
    const kept = new Checks(1_000, 1_000);
    const first = kept.of(text(0, 400));
    void kept.of(text(1, 400));
    expect(kept.of(text(0, 400))).toBe(first);
    void kept.of(text(2, 900));
    expect(kept.of(text(0, 400))).not.toBe(first);
  });
});
