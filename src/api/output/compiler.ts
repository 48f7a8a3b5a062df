/**
 * Compiles a prepared schema with `ajv`, which is loaded when the first is. Each has an instance of
 * its own, so that no `$id` of one server meets another's; a reference that leads outside is never
 * fetched: it cannot be resolved, and the schema is not used.
 */
import type { Ajv, CodeKeywordDefinition, Options } from 'ajv';
import { textOf } from '../../protocol/failure.js';
import { WORK, type Dialect, type PreparedSchema } from './schema-copy.js';

/** Evaluations of a schema that checking one result may take; a result that takes more is not checked. */
export const MAX_WORK = 250_000;

/** What came of checking a result. */
export type Verdict =
  | { readonly kind: 'fits' }
  | { readonly kind: 'misfit'; readonly path: string; readonly problem: string }
  | { readonly kind: 'unchecked'; readonly why: string };

export type OutputCheck = (value: unknown) => Verdict;

/** None gets as far as here; if one did, a server could have it run for years. */
function noExpression(): never {
  throw new Error('regular expressions of a server are not run');
}

const options: Options = {
  strict: false,
  validateFormats: false,
  // Inlined, a schema that refers to another a thousand times would be it a thousand times.
  inlineRefs: false,
  // What these would look at is looked at already, when the schema is copied.
  meta: false,
  validateSchema: false,
  logger: false,
  // Without it, every object has a property named "constructor".
  ownProperties: true,
  multipleOfPrecision: 9,
  // Longer lists of names and values are gone through, not written out: compiling them would take seconds.
  loopRequired: 10,
  loopEnum: 10,
  // The optimizer takes longer than it saves.
  code: { optimize: false, regExp: Object.assign(noExpression, { code: 'noExpression' }) },
};

class TooMuchWork extends Error {}

/** What is left of the work for the check that runs: they run one at a time, from start to end. */
let left = 0;

/** Called by what is compiled, wherever it evaluates a schema. */
function spend(work: number, isWide: boolean, instance: unknown): void {
  left -= isWide ? work + widthOf(instance) : work;
  if (left < 0) throw new TooMuchWork();
}

interface Engines {
  readonly of: Readonly<Record<Dialect, new (options: Options) => Ajv>>;
  readonly spending: CodeKeywordDefinition;
}

let engines: Promise<Engines> | undefined;

async function loaded(): Promise<Engines> {
  const [{ Ajv, _ }, { Ajv2020 }] = await Promise.all([import('ajv'), import('ajv/dist/2020.js')]);
  return {
    of: { 'draft-07': Ajv, '2020-12': Ajv2020 },
    spending: {
      keyword: WORK,
      before: '$ref',
      code: ({ gen, data, schema }) => {
        const [work, isWide] = schema as readonly [number, boolean];
        gen.code(_`${gen.scopeValue('func', { ref: spend })}(${work}, ${isWide}, ${data})`);
      },
    },
  };
}

/** @throws whatever is wrong with the schema */
export async function compile({ dialect, schema }: PreparedSchema): Promise<OutputCheck> {
  engines ??= loaded();
  const { of, spending } = await engines;
  const ajv = new of[dialect](options);
  ajv.addKeyword(spending);
  const validate = ajv.compile(schema);
  return (value) => {
    left = MAX_WORK;
    try {
      if (validate(value)) return { kind: 'fits' };
    } catch (error) {
      return { kind: 'unchecked', why: error instanceof TooMuchWork ? tooMuch : textOf(error) };
    }
    const [error] = validate.errors ?? [];
    return { kind: 'misfit', path: error?.instancePath ?? '', problem: problemOf(error) };
  };
}

const tooMuch = `checking a result takes more than ${String(MAX_WORK)} evaluations`;

function widthOf(data: unknown): number {
  if (typeof data === 'string') return Math.ceil(data.length / 16);
  if (Array.isArray(data)) return data.length;
  return typeof data === 'object' && data !== null ? Object.keys(data).length : 0;
}

interface Problem {
  readonly message?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What stands in its message comes from the schema; which property was too many, only from the result. */
function problemOf(error: Problem | undefined): string {
  const extra = error?.params['additionalProperty'] ?? error?.params['unevaluatedProperty'];
  const named = typeof extra === 'string' ? ` (${JSON.stringify(extra.slice(0, 100))})` : '';
  return `${(error?.message ?? 'does not fit').slice(0, 300)}${named}`;
}
