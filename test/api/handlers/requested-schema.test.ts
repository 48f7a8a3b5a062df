import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { misfitOf, withDefaults, type RequestedSchema } from '../../../src/api/handlers/requested-schema.js';

type Field = RequestedSchema['properties'][string];

const faultOf = (field: Field, value: unknown): string | null =>
  misfitOf({ type: 'object', properties: { it: field } }, { it: value });

const string: Field = { type: 'string' };

describe('a form', () => {
  it.each<[string, Field, unknown[], unknown[]]>([
    ['a text', string, ['', 'x', '\u0000'], [1, true, null, [], {}]],
    ['a text of two characters or more', { ...string, minLength: 2 }, ['ab', 'été'], ['a', '😀', '']],
    ['a text of two characters or less', { ...string, maxLength: 2 }, ['', 'ab', '😀😀'], ['abc']],
    [
      'an email',
      { ...string, format: 'email' },
      ['ada@example.com'],
      ['ada', 'ada@', '@example.com', 'a b@example.com', ''],
    ],
    ['a URI', { ...string, format: 'uri' }, ['https://example.com', 'urn:x:y'], ['example.com', '', '/path']],
    ['a date', { ...string, format: 'date' }, ['2024-02-29'], ['2023-02-29', '29.2.2024', '2024-02-29T00:00:00Z']],
    [
      'a moment',
      { ...string, format: 'date-time' },
      ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.123+02:00'],
      ['2024-02-29', '2024-02-30T12:00:00Z', '2024-02-29T12:00:00'],
    ],
    ['a number', { type: 'number' }, [0, -1.5, 1e300], ['1', NaN, Infinity, null, true]],
    ['a number in a range', { type: 'number', minimum: 1, maximum: 2 }, [1, 1.5, 2], [0.9, 2.1]],
    ['a whole number', { type: 'integer' }, [0, -7, 1e15, 2.0], [1.5, '1']],
    ['a yes or no', { type: 'boolean' }, [true, false], ['true', 0, null]],
    ['a choice', { type: 'string', enum: ['a', ''] }, ['a', ''], ['b', 1]],
    ['a titled choice', { type: 'string', oneOf: [{ const: 'a', title: 'A' }] }, ['a'], ['A', 'title']],
    [
      'choices',
      { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
      [[], ['a'], ['b', 'a']],
      [['c'], 'a', [1], {}],
    ],
  ])('takes %s, and nothing else for it', (_what, field, fitting, misfitting) => {
    expect(fitting.map((value) => faultOf(field, value))).toEqual(fitting.map(() => null));
    for (const value of misfitting) expect(faultOf(field, value)).toContain('"it"');
  });

  it('takes what it did not ask for, unless it says that it does not', () => {
    const open: RequestedSchema = { type: 'object', properties: {} };
    expect(misfitOf(open, { more: 1 })).toBeNull();
    expect(misfitOf({ ...open, additionalProperties: false } as RequestedSchema, { more: 1 })).toContain('"more"');
  });

  it('finds a property that every object has missing where it is required', () => {
    const properties = { constructor: string, toString: string };
    expect(misfitOf({ type: 'object', properties, required: ['toString'] }, {})).toContain('"toString" is missing');
    expect(misfitOf({ type: 'object', properties: {} }, { constructor: 'x' })).toBeNull();
  });

  it('filled in with its defaults keeps every value that was given', () => {
    const names = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString');
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.string(), { noNullPrototype: false }),
        fc.dictionary(names, fc.string(), { noNullPrototype: false }),
        (content, defaults) => {
          const properties = Object.fromEntries(
            Object.entries(defaults).map(([key, value]) => [key, { type: 'string', default: value } as const]),
          );
          const filled = withDefaults({ type: 'object', properties }, content);
          expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
          const expected = new Map([...Object.entries(defaults), ...Object.entries(content)]);
          expect(new Map(Object.entries(filled))).toEqual(expected);
        },
      ),
    );
  });
});
