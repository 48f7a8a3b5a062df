/**
 * A copy of a server's schema that is safe to compile and to run: known keywords only, each of the
 * right form, within limits, and nothing in it that a server could stop us with. The walk goes by the
 * positions of schemas: a property that is named "pattern" is a property.
 */
import { contrary, keywords, unchecked, wide, type Holds } from './keywords.js';
import { strayReference } from './references.js';

/** Schemas within one output schema; compiling takes a fraction of a millisecond for each. */
export const MAX_SUBSCHEMAS = 1_000;
/** Levels of schemas in schemas. */
export const MAX_DEPTH = 64;
/** Names in the lists of names of one output schema. */
export const MAX_NAMES = 2_000;
/** Subschemas with an `$id`; each reference is looked up in each of them. */
const MAX_RESOURCES = 100;
/** Characters of a name that is looked up. */
const MAX_REFERENCE = 2_048;

/** Why a schema is not used: where in it, and what is wrong there. */
export class UnusableSchema extends Error {}

type Copy = boolean | Record<string, unknown>;

/** Of which kind the schema says it is. */
export type Dialect = '2020-12' | 'draft-07';

export interface PreparedSchema {
  readonly dialect: Dialect;
  readonly schema: Copy;
}

/** @throws UnusableSchema */
export function prepare(schema: unknown): PreparedSchema {
  const dialect = dialectOf(schema);
  const copy = new SchemaCopy(dialect, false);
  const whole = copy.whole(schema);
  return { dialect, schema: copy.isNarrower ? new SchemaCopy(dialect, true).whole(schema) : whole };
}

function dialectOf(schema: unknown): Dialect {
  if (!isObject(schema)) throw new UnusableSchema('it is not an object');
  const named = schema['$schema'];
  if (named === undefined) return '2020-12';
  if (typeof named === 'string') {
    if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(named)) return '2020-12';
    if (/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(named)) return 'draft-07';
  }
  throw new UnusableSchema(`its $schema is ${text(named)}; what is checked is 2020-12 and draft-07`);
}

class SchemaCopy {
  /** Something that narrows it was left out. */
  isNarrower = false;
  readonly #dialect: Dialect;
  readonly #lenient: boolean;
  #schemas = 0;
  #names = 0;
  readonly #path: string[] = [];
  /** All that a reference may lead to. */
  readonly #made = new Set<unknown>();
  readonly #references: string[] = [];
  /** Those with an `$id` of their own, from which the references within them start. */
  readonly #resources: Copy[] = [];

  constructor(dialect: Dialect, lenient: boolean) {
    this.#dialect = dialect;
    this.#lenient = lenient;
  }

  whole(schema: unknown): Copy {
    const copied = this.of(schema, 0);
    const stray = strayReference(this.#references, [copied, ...this.#resources], this.#made);
    if (stray !== undefined) throw new UnusableSchema(`its $ref ${text(stray)} leads to what is no schema`);
    return copied;
  }

  of(schema: unknown, depth: number): Copy {
    this.#countSchema();
    if (depth > MAX_DEPTH) throw new UnusableSchema(`it is nested more than ${MAX_DEPTH} levels deep`);
    if (typeof schema === 'boolean') return schema;
    if (!isObject(schema)) throw this.#unusable('a schema');
    const copied: Record<string, unknown> = {};
    for (const key of this.#keysOf(schema)) {
      this.#path.push(key);
      copied[key] = this.#held(keywords.get(key), schema[key], depth);
      this.#path.pop();
    }
    return this.#finished(copied);
  }

  #countSchema(): void {
    this.#schemas += 1;
    if (this.#schemas > MAX_SUBSCHEMAS) throw new UnusableSchema(`it has more than ${MAX_SUBSCHEMAS} subschemas`);
  }

  #keysOf(schema: Record<string, unknown>): string[] {
    const keys = Object.keys(schema).filter((key) => schema[key] !== undefined);
    if (keys.some((key) => unchecked.has(key) && schema[key] !== false)) this.isNarrower = true;
    // Beside a reference, draft-07 reads nothing; it may hold what others refer to.
    const isAlone = this.#dialect === 'draft-07' && typeof schema['$ref'] === 'string';
    return keys.filter((key) => {
      if (!keywords.has(key)) return false;
      if (isAlone) return ['$ref', 'definitions', '$defs'].includes(key);
      if (!this.#lenient) return true;
      return !contrary.has(key) && !(key === 'additionalProperties' && 'patternProperties' in schema);
    });
  }

  #held(holds: Holds | undefined, value: unknown, depth: number): unknown {
    switch (holds) {
      case 'schema':
        return this.of(value, depth + 1);
      case 'schemas':
        return this.#list(value, depth);
      case 'schema or schemas':
        // A tuple is `prefixItems` since 2020-12.
        return Array.isArray(value) && this.#dialect === 'draft-07'
          ? this.#list(value, depth)
          : this.of(value, depth + 1);
      case 'schemas by name':
        return this.#byName(value, (inner) => this.of(inner, depth + 1));
      case 'schemas or names by name':
        return this.#byName(value, (inner) =>
          Array.isArray(inner) ? this.#requiring(inner) : this.of(inner, depth + 1),
        );
      case 'names by name':
        return this.#byName(value, (inner) => this.#requiring(inner));
      case 'names':
        return this.#namesOf(value);
      case 'number':
        return this.#that(Number.isFinite(value), value, 'a number');
      case 'positive number':
        return this.#that(Number.isFinite(value) && Number(value) > 0, value, 'a number above 0');
      case 'count':
        return this.#that(Number.isInteger(value) && Number(value) >= 0, value, 'a count');
      case 'reference':
        return this.#that(typeof value === 'string' && value.length <= MAX_REFERENCE, value, 'a reference');
      case 'values':
        return this.#that(Array.isArray(value) && value.length > 0, value, 'a list of values');
      case 'types':
        return this.#that(isTypes(value), value, 'a type of JSON, or several');
      case 'flag':
        return value === true;
      case 'value':
      case undefined:
        return value;
    }
  }

  #that(holds: boolean, value: unknown, wanted: string): unknown {
    if (!holds) throw this.#unusable(wanted);
    return value;
  }

  #namesOf(value: unknown): unknown {
    if (!Array.isArray(value) || !value.every((name) => typeof name === 'string'))
      throw this.#unusable('a list of names');
    const names = [...new Set(value)];
    this.#names += names.length;
    if (this.#names > MAX_NAMES) throw new UnusableSchema(`it has more than ${MAX_NAMES} names in lists of names`);
    return names;
  }

  /** As a schema: names that hang on another one are compiled one by one, and those of `required` are not. */
  #requiring(names: unknown): Copy {
    this.#countSchema();
    return this.#finished({ required: this.#namesOf(names) });
  }

  #list(value: unknown, depth: number): Copy[] {
    if (!Array.isArray(value) || value.length === 0) throw this.#unusable('a list of schemas');
    return value.map((inner, at) => this.#at(String(at), () => this.of(inner, depth + 1)));
  }

  #byName(value: unknown, copy: (inner: unknown) => unknown): Record<string, unknown> {
    if (!isObject(value)) throw this.#unusable('an object');
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.#at(name, () => copy(inner))]));
  }

  #at<T>(step: string, work: () => T): T {
    this.#path.push(step);
    const result = work();
    this.#path.pop();
    return result;
  }

  #finished(copied: Record<string, unknown>): Copy {
    const { nullable, oneOf, type, dependentRequired, ...schema } = copied;
    const types = nullable === true && type !== undefined ? [...new Set([type, 'null'].flat())] : type;
    if (types !== undefined) schema['type'] = types;
    if (oneOf !== undefined) {
      // What refuses less may fit two of them.
      if (this.#lenient) schema['allOf'] = [...((schema['allOf'] ?? []) as Copy[]), { anyOf: oneOf }];
      else schema['oneOf'] = oneOf;
    }
    if (dependentRequired !== undefined) {
      schema['allOf'] = [...((schema['allOf'] ?? []) as Copy[]), { dependentSchemas: dependentRequired }];
    }
    this.#made.add(schema);
    if (typeof schema['$id'] === 'string' && this.#resources.push(schema) > MAX_RESOURCES)
      throw new UnusableSchema(`it has more than ${MAX_RESOURCES} subschemas with an $id`);
    if (typeof schema['$ref'] === 'string') this.#references.push(schema['$ref']);
    schema[WORK] = [workOf(copied), Object.keys(copied).some((key) => wide.has(key))];
    return schema;
  }

  #unusable(wanted: string): UnusableSchema {
    return new UnusableSchema(`${text(`/${this.#path.join('/')}`)} is not ${wanted}`);
  }
}

/** A keyword of ours: how much work one evaluation of the schema is, and whether the size of the instance counts too. */
export const WORK = 'x-work';

/** What is gone through one by one. */
const lists = [
  'properties',
  'required',
  'allOf',
  'anyOf',
  'oneOf',
  'prefixItems',
  'items',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
];

/** A schema within it that fails at its type does not count itself, so it counts here. */
function workOf(schema: Record<string, unknown>): number {
  const values = ['enum', 'const'].map((key) => (schema[key] === undefined ? 0 : JSON.stringify(schema[key]).length));
  return lists.map((key) => entries(schema[key])).reduce((sum, n) => sum + n, 1 + Math.ceil(Math.max(...values) / 16));
}

const entries = (value: unknown): number =>
  typeof value === 'object' && value !== null ? Object.keys(value).length : 0;

const TYPES: ReadonlySet<unknown> = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);

const isTypes = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every((type) => TYPES.has(type)) : TYPES.has(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a server wrote, in a message of ours. */
const text = (value: unknown): string => ((JSON.stringify(value) as string | undefined) ?? String(value)).slice(0, 200);
