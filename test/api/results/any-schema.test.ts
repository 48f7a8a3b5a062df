import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draft07, draft2020, verdictOf } from './verdict.js';

/** Schemas of few keywords and small values, so that they often meet. */
const names = fc.constantFrom('a', 'b', 'ab');
const patterns = fc.record({ pattern: fc.constantFrom('^a', 'b$', '^$') });
const leaves = fc.oneof(
  { arbitrary: patterns, weight: 4 },
  fc.boolean(),
  fc.record({ type: fc.constantFrom('string', 'object', 'array', 'integer') }),
  fc.record({ maxLength: fc.nat(2) }),
  fc.record({ uniqueItems: fc.boolean() }),
  fc.record({ required: fc.uniqueArray(names, { maxLength: 2 }) }),
  fc.record({ $ref: fc.constantFrom('#/$defs/a', '#/$defs/b') }),
);
const { schema: schemas } = fc.letrec((tie) => {
  const inner = tie('schema');
  const some = fc.array(inner, { minLength: 1, maxLength: 2 });
  const keyword = fc.oneof(
    fc.record({ not: inner }),
    fc.record({ allOf: some }),
    fc.record({ anyOf: some }),
    fc.record({ oneOf: some }),
    fc.record({ if: inner, then: inner, else: inner }),
    fc.record({ items: inner }),
    fc.record({ contains: inner, minContains: fc.nat(1), maxContains: fc.nat(2) }),
    fc.record({ properties: fc.dictionary(names, inner, { maxKeys: 2 }), additionalProperties: inner }),
    fc.record({ patternProperties: fc.dictionary(fc.constantFrom('^a', 'b'), inner, { maxKeys: 2 }) }),
    fc.record({ propertyNames: inner }),
    fc.record({ unevaluatedProperties: inner }),
    fc.record({ unevaluatedItems: inner }),
  );
  const several = fc.array(keyword, { minLength: 1, maxLength: 2 });
  return {
    schema: fc.oneof(
      { maxDepth: 3 },
      leaves,
      several.map((parts): unknown => Object.assign({}, ...parts)),
    ),
  };
});
/** No reference leads round, which would never end in any checker. */
const whole = fc
  .tuple(schemas, schemas, schemas)
  .map(([schema, a, b]) => ({ allOf: [schema], $defs: { a: withoutRefs(a), b: withoutRefs(b) } }));
const withoutRefs = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === '$ref' ? undefined : value)));
const values = fc.oneof(
  fc.constantFrom<unknown>('', 'a', 'ab', 'b', 1, 1.5, null),
  fc.array(fc.constantFrom<unknown>('a', 'b', 1, {}), { maxLength: 3 }),
  fc.dictionary(names, fc.constantFrom<unknown>('a', 'b', 1, ['a']), { maxKeys: 3 }),
);

const plain = { strict: false, logger: false, ownProperties: true } as const;

describe.each([
  ['2020-12', draft2020, Ajv2020],
  ['draft-07', draft07, Ajv],
])('of any schema of %s', (_dialect, $schema, Engine) => {
  it('a result that fits is not refused; where nothing is left out, one that does not is', async () => {
    const seen = { fits: 0, misfit: 0 };
    await fc.assert(
      fc.asyncProperty(whole, fc.array(values, { minLength: 3, maxLength: 6 }), async (schema, candidates) => {
        const given = { $schema, ...schema };
        const isWhole = !/"(pattern|patternProperties|uniqueItems)":/.test(JSON.stringify(given));
        const reference = new Engine({ ...plain, meta: false, validateSchema: false }).compile(schema);
        for (const value of candidates) {
          const expected = reference(value) ? 'fits' : 'misfit';
          const found = await verdictOf(given, value);
          seen[expected] += 1;
          if (expected === 'fits' || isWhole) expect(found).toBe(expected);
          else expect(['fits', 'misfit']).toContain(found);
        }
      }),
      { numRuns: 250, seed: 20_261_121 },
    );
    expect(seen.fits).toBeGreaterThan(50);
    expect(seen.misfit).toBeGreaterThan(50);
  }, 30_000);
});
