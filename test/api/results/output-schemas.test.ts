import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Client, InvalidResponseError } from '../../../src/index.js';
import { serving, tool, toolOf } from './listing-server.js';
import { draft07, draft2020, verdictOf } from './verdict.js';

describe('a result of a tool that was listed with an output schema', () => {
  const schema = {
    type: 'object',
    properties: { rows: { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } } } } },
    required: ['rows'],
  };

  it('is given when it fits', async () => {
    const { lease, complaints } = await toolOf(schema, { rows: [{ id: 1 }, {}] });
    await lease.listTools();
    expect((await lease.callTool('t')).data).toEqual({ rows: [{ id: 1 }, {}] });
    expect(complaints).toEqual([]);
  });

  it('is an InvalidResponseError that names the place when it does not', async () => {
    const { lease } = await toolOf(schema, { rows: [{ id: 1 }, { id: 'two' }] });
    await lease.listTools();
    const error: unknown = await lease.callTool('t').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error).toMatchObject({ code: 'invalid_response', executed: 'maybe', retryable: false });
    expect((error as Error).message).toContain(`the tool's output schema: "/rows/1/id" must be integer`);
  });

  it('is an InvalidResponseError when it has no structured content', async () => {
    const { lease } = await toolOf(schema, undefined);
    await lease.listTools();
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(lease.callTool('t')).rejects.toThrow('no structured content');
    expect((await lease.callTool('sibling')).data).toBeUndefined();
  });

  it('is not checked by raw, nor before the tool was listed, nor from a page alone', async () => {
    const { lease } = await toolOf(schema, { rows: 'none' });
    expect((await lease.callTool('t')).data).toEqual({ rows: 'none' });
    await lease.raw.listTools();
    expect((await lease.callTool('t')).data).toEqual({ rows: 'none' });
    await lease.listTools();
    expect(await lease.raw.callTool('t')).toMatchObject({ structuredContent: { rows: 'none' } });
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('is checked without ever listing the tools again, in the next generation too', async () => {
    const { lease, server } = await toolOf(schema, { rows: 'none' });
    await lease.listTools();
    server.last.onclose?.();
    for (let call = 0; call < 3; call += 1)
      await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
    expect(lease.generation).toBe(2);
    expect(server.count('tools/list')).toBe(1);
  });

  it('is not checked by a schema that the server has said is out of date', async () => {
    const { lease, server } = await toolOf(schema, { rows: 'none' });
    await lease.listTools();
    server.last.push({ method: 'notifications/tools/list_changed' });
    expect((await lease.callTool('t')).data).toEqual({ rows: 'none' });
    await lease.listTools();
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('is not checked by a listing that was overtaken by the news that it is out of date', async () => {
    const { lease, server } = await serving({
      'tools/list': ({ cursor }) => {
        if (cursor === undefined) return { tools: [tool('t', { outputSchema: schema })], nextCursor: 'more' };
        server.last.push({ method: 'notifications/tools/list_changed' });
        return { tools: [] };
      },
      'tools/call': () => ({ content: [], structuredContent: { rows: 'none' } }),
    });
    await lease.listTools();
    expect((await lease.callTool('t')).data).toEqual({ rows: 'none' });
  });

  it('is not checked by the schema of another version', async () => {
    const { lease } = await serving({
      'tools/list': () => ({
        tools: [tool('t', { outputSchema: schema, _meta: { fastmcp: { version: '2.0' } } })],
      }),
      'tools/call': () => ({ content: [], structuredContent: { rows: 'none' } }),
    });
    await lease.listTools();
    expect((await lease.callTool('t', {}, { version: '1.0' })).data).toEqual({ rows: 'none' });
    await expect(lease.callTool('t', {}, { version: '2.0' })).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('is checked by what was listed, whatever has become of the object that was given', async () => {
    const { lease } = await toolOf(schema, { rows: 'none' });
    for (const listed of await lease.listTools()) delete listed.outputSchema;
    await expect(lease.callTool('t')).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it('is checked by what a real server declares', async () => {
    const server = new McpServer({ name: 'real', version: '1' });
    const outputSchema = { sum: z.number(), at: z.iso.datetime(), tags: z.array(z.string()).optional() };
    let structuredContent: Record<string, unknown> = { sum: 3, at: '2026-11-21T10:00:00Z' };
    server.registerTool('add', { outputSchema }, () => ({ content: [], structuredContent }));
    await new Client(server).use(async (lease) => {
      const [listed] = await lease.listTools();
      expect(listed?.schemaError).toBeUndefined();
      expect((await lease.callTool('add')).data).toEqual(structuredContent);
      structuredContent = { sum: 3, at: '2026-11-21T10:00:00Z', tags: [] };
      expect((await lease.callTool('add')).data).toEqual(structuredContent);
    });
  });
});

describe('what is checked', () => {
  it.each([
    ['type', { type: 'integer' }, 1, 1.5],
    ['several types', { type: ['string', 'null'] }, null, 1],
    ['enum', { enum: ['a', { b: [1] }] }, { b: [1] }, 'b'],
    ['const', { const: { a: 1 } }, { a: 1 }, { a: 2 }],
    ['numbers', { minimum: 1, exclusiveMaximum: 3 }, 2, 3],
    ['multipleOf, as people count', { multipleOf: 0.01 }, 19.99, 19.995],
    ['lengths', { minLength: 1, maxLength: 2 }, '🙂🙂', ''],
    ['items', { items: { type: 'string' } }, ['a'], [1]],
    ['prefixItems', { prefixItems: [{ type: 'string' }], items: false }, ['a'], ['a', 1]],
    ['contains', { contains: { const: 1 }, minContains: 2 }, [1, 0, 1], [1, 0]],
    ['counts of items', { minItems: 1, maxItems: 2 }, [1], [1, 2, 3]],
    ['required', { required: ['constructor'] }, { constructor: 1 }, {}],
    ['properties that every object has', { properties: { constructor: { type: 'string' } } }, {}, { constructor: 1 }],
    ['additionalProperties', { properties: { a: true }, additionalProperties: false }, { a: 1 }, { b: 1 }],
    ['propertyNames', { propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }],
    ['counts of properties', { minProperties: 1, maxProperties: 1 }, { a: 1 }, {}],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
    ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, { b: 1 }, { a: 1 }],
    ['allOf', { allOf: [{ type: 'string' }, { minLength: 2 }] }, 'ab', 'a'],
    ['anyOf', { anyOf: [{ type: 'string' }, { type: 'null' }] }, null, 1],
    ['oneOf', { oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, 2, 6],
    ['not', { not: { type: 'string' } }, 1, 'a'],
    ['if, then, else', { if: { type: 'string' }, then: { minLength: 1 }, else: { type: 'null' } }, 'a', 1],
    [
      'unevaluatedProperties',
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { a: 1 },
      { b: 1 },
    ],
    ['$ref', { $defs: { 'a/b': { type: 'string' } }, items: { $ref: '#/$defs/a~1b' } }, ['a'], [1]],
    ['$ref to definitions', { definitions: { a: { type: 'null' } }, $ref: '#/definitions/a' }, null, 1],
    ['$ref to an $anchor', { $defs: { a: { $anchor: 'x', type: 'null' } }, $ref: '#x' }, null, 1],
    ['$ref to an $id', { $id: 'https://a.b/c', $defs: { a: { $id: 'd', type: 'null' } }, $ref: 'd' }, null, 1],
    [
      'a tree',
      { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false },
      { next: { next: {} } },
      { next: { next: { other: 1 } } },
    ],
    ['false', { properties: { a: false } }, {}, { a: 1 }],
    ['nullable, which is of OpenAPI', { type: 'string', nullable: true }, null, 1],
  ])('%s', async (_what, schema, good, bad) => {
    for (const $schema of [undefined, draft2020]) {
      expect(await verdictOf({ $schema, ...schema }, good)).toBe('fits');
      expect(await verdictOf({ $schema, ...schema }, bad)).toBe('misfit');
    }
  });

  it.each([
    ['a tuple', { items: [{ type: 'string' }], additionalItems: false }, ['a'], ['a', 1]],
    ['definitions', { definitions: { a: { type: 'null' } }, $ref: '#/definitions/a' }, null, 1],
    ['dependencies', { dependencies: { a: ['b'], c: { required: ['d'] } } }, { a: 1, b: 1 }, { c: 1 }],
  ])('%s of draft-07', async (_what, schema, good, bad) => {
    for (const $schema of [draft07, 'https://json-schema.org/draft-07/schema']) {
      expect(await verdictOf({ $schema, ...schema }, good)).toBe('fits');
      expect(await verdictOf({ $schema, ...schema }, bad)).toBe('misfit');
    }
  });

  it.each([
    ['the whole', { properties: { a: { $ref: '#' } }, type: 'object' }, { a: {} }, { a: 1 }],
    ['a part of another part', { $defs: { a: { items: { type: 'null' } } }, $ref: '#/$defs/a/items' }, null, 1],
    ['a property', { properties: { a: { type: 'null' }, b: { $ref: '#/properties/a' } } }, { b: null }, { b: 1 }],
    ['one of a list', { allOf: [{ anyOf: [{ type: 'null' }] }, { $ref: '#/allOf/0/anyOf/0' }] }, null, 1],
    ['a name with signs in it', { $defs: { 'a/b~c d': { type: 'null' } }, $ref: '#/$defs/a~1b~0c%20d' }, null, 1],
    ['an anchor', { $defs: { a: { $anchor: 'here', type: 'null' } }, $ref: '#here' }, null, 1],
    ['a part by its $id', { $defs: { a: { $id: 'x:y', type: 'null' } }, $ref: 'x:y' }, null, 1],
    ['a part of the whole by its $id', { $id: 'x:y', $defs: { a: { type: 'null' } }, $ref: 'x:y#/$defs/a' }, null, 1],
  ])('follows a reference to %s', async (_what, schema, good, bad) => {
    expect(await verdictOf(schema, good)).toBe('fits');
    expect(await verdictOf(schema, bad)).toBe('misfit');
  });

  it('leaves out what stands beside a $ref of draft-07', async () => {
    const schema = { definitions: { a: { type: ['string', 'null'] } }, $ref: '#/definitions/a', type: 'string' };
    expect(await verdictOf({ $schema: draft07, ...schema }, null)).toBe('fits');
    expect(await verdictOf(schema, null)).toBe('misfit');
  });

  it.each([
    ['formats', { type: 'string', format: 'date-time' }, 'tomorrow'],
    [
      'one of two formats',
      {
        oneOf: [
          { type: 'string', format: 'uuid' },
          { type: 'string', format: 'email' },
        ],
      },
      'ada@example.com',
    ],
    ['what must not be of a format', { type: 'string', not: { format: 'uuid' } }, 'ada@example.com'],
    ['what hangs on a format', { if: { format: 'uuid' }, then: { minLength: 36 } }, 'ada@example.com'],
    ['regular expressions', { type: 'string', pattern: '^a+$' }, 'b'],
    ['properties by regular expression', { patternProperties: { '^a': { type: 'string' } } }, { a: 1 }],
    [
      'additional properties beside regular expressions',
      { patternProperties: { '^a': {} }, additionalProperties: false },
      { ab: 1 },
    ],
    ['names by regular expression', { propertyNames: { pattern: '^a' } }, { b: 1 }],
    ['uniqueness', { uniqueItems: true }, [1, 1]],
    ['what must not match a regular expression', { not: { pattern: '^a' } }, 'b'],
    ['one of two regular expressions', { oneOf: [{ pattern: '^a' }, { pattern: '^b' }] }, 'a'],
    ['what hangs on one', { if: { pattern: '^a' }, then: { const: 'a' } }, 'b'],
    ['what hangs on one behind a reference', { $defs: { a: { pattern: '^a' } }, not: { $ref: '#/$defs/a' } }, 'b'],
    [
      'what nothing else looks at, when something is left out of what does',
      {
        if: { propertyNames: { pattern: '^a' } },
        then: { properties: { a: true } },
        unevaluatedProperties: false,
      },
      { a: 1 },
    ],
    [
      'items that nothing else looks at, when something is left out of what does',
      { if: { contains: { pattern: '^a' } }, then: { prefixItems: [true] }, unevaluatedItems: false },
      ['a'],
    ],
    ['how many match one', { contains: { pattern: '^a' }, maxContains: 1 }, ['a', 'b']],
    ['dynamic references', { $dynamicRef: '#a', $defs: { a: { $dynamicAnchor: 'a', type: 'null' } } }, 1],
  ])('leaves out %s', async (_what, schema, value) => {
    expect(await verdictOf(schema, value)).toBe('fits');
    expect(await verdictOf({ type: 'object', properties: { value: schema } }, { value })).toBe('fits');
  });

  it('goes by positions: what is named like a keyword, or is a value, is none', async () => {
    const schema = {
      type: 'object',
      properties: {
        pattern: { const: { pattern: '(', format: 1, $ref: 'nowhere' } },
        format: { enum: [{ $ref: 7 }], default: { pattern: '(' }, examples: [{ $ref: 7 }] },
        $ref: { type: 'string' },
        __proto__: { type: 'null' },
      },
      required: ['pattern'],
      additionalProperties: false,
    };
    expect(await verdictOf(schema, { pattern: { pattern: '(', format: 1, $ref: 'nowhere' } })).toBe('fits');
    expect(await verdictOf(schema, { pattern: { pattern: '(' } })).toBe('misfit');
    expect(await verdictOf(schema, {})).toBe('misfit');
    expect(await verdictOf({ properties: { pattern: false, not: { type: 'null' } } }, { not: 1 })).toBe('misfit');
  });
});
