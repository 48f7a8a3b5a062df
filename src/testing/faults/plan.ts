/** A plan of faults: entries by script or by chance, or a predicate; and the check of what was passed in. */
import { z } from 'zod';
import { ConfigError } from '../../api/errors.js';
import type { Fault, Moment } from './fault.js';
import { PlanText, whyNoJson } from './plan-text.js';
import { conditions, kinds, places, type FaultName, type Flat, type InputOf, type Place } from './schema.js';

type Conditions = z.input<z.ZodObject<typeof conditions>>;
type At<Name extends FaultName> = (typeof kinds)[Name]['at'];

/** Where it strikes goes without saying when there is only one place. */
type WithPlace<Name extends FaultName> = At<Name>['length'] extends 1
  ? { readonly at?: At<Name>[number] | undefined }
  : { readonly at: At<Name>[number] };

/** One line of a plan: which fault (`fault`), where (`at`), and when (all the conditions that are given). */
export type FaultEntry = { [Name in FaultName]: Flat<InputOf<Name> & WithPlace<Name> & Conditions> }[FaultName];

/** A fault as a predicate gives it: what is left out takes its default. */
export type GivenFault = { [Name in FaultName]: Flat<InputOf<Name>> }[FaultName];

/** Decides at every moment; null: nothing happens. */
export type FaultPredicate = (moment: Moment) => GivenFault | null;

/** What goes wrong: entries, of which the first that fits a moment strikes, or a function that decides. */
export type FaultPlan = readonly FaultEntry[] | FaultPredicate;

/** An entry with all its defaults. */
export type PlannedFault = Fault & { readonly at: Place } & z.output<z.ZodObject<typeof conditions>>;

const COUNTING = ['method', 'nth', 'after'] as const;

const entries = Object.entries(kinds).map(([name, { at, shape }]) => {
  const [only, ...others] = at;
  const place = z.enum(at as readonly Place[]);
  return z
    .strictObject({
      fault: z.literal(name),
      at: others.length === 0 ? place.default(only) : place,
      ...shape,
      ...conditions,
    })
    .superRefine((entry, context) => {
      const given: Readonly<Record<string, unknown>> = entry;
      if (given['what'] === 'message' && given['message'] === undefined) {
        const message = 'say what is to be injected, such as { method: "notifications/x" }';
        context.addIssue({ code: 'custom', path: ['message'], message });
      }
      const at = entry.at;
      if (at === 'send' || at === 'receive') return;
      for (const field of COUNTING) {
        if (entry[field] === undefined) continue;
        const message = `is about messages, and at "${at}" there are none; use "generation"`;
        context.addIssue({ code: 'custom', path: [field], message });
      }
    });
});

/**
 * The schema of a plan that is data: an array of entries.
 *
 * @example
 * ```ts
 * import { faultPlan } from 'mcp-actor/testing';
 *
 * const checked = faultPlan.safeParse([{ fault: 'drop', at: 'receive', chance: 0.1 }]);
 * console.log(checked.success); // true
 * ```
 */
export const faultPlan: z.ZodType<PlannedFault[], FaultEntry[]> = z.array(
  z.discriminatedUnion('fault', entries as unknown as [(typeof entries)[number]], {
    error: ({ input }) => unknownFault(input),
  }),
) as unknown as z.ZodType<PlannedFault[], FaultEntry[]>;

const faults = new Map(
  Object.entries(kinds).map(([name, { shape }]) => [name, z.strictObject({ fault: z.literal(name), ...shape })]),
);

function unknownFault(input: unknown): string {
  if (typeof input !== 'object' || input === null) return 'must be an object such as { fault: "drop", at: "receive" }';
  const named = 'fault' in input ? JSON.stringify(input.fault) : 'none';
  return `names no fault (${named}); there are ${Object.keys(kinds).join(', ')}`;
}

const config = (message: string): ConfigError =>
  new ConfigError({ message, code: 'fault_plan', state: 'disconnected', retryable: false, executed: 'no' });

/**
 * Reads a plan that is data, such as the content of a file.
 *
 * @param value the parsed JSON, or its text
 * @returns the plan, with every default filled in
 * @throws ConfigError that names each entry and field that does not fit, in a text its line, and what would
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { faulty, parsePlan } from 'mcp-actor/testing';
 *
 * export const source = (path: string) => faulty('http://127.0.0.1:3001/mcp', parsePlan(readFileSync(path, 'utf8')));
 * ```
 */
export function parsePlan(value: unknown): readonly FaultEntry[] {
  const plan = typeof value === 'string' ? checkedPlan(fromText(value), new PlanText(value)) : checkedPlan(value);
  return plan as readonly FaultEntry[];
}

function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw config(`the fault plan is not JSON: ${whyNoJson(text, error)}`);
  }
}

/** @internal */
export function checkedPlan(value: unknown, text?: PlanText): PlannedFault[] {
  const parsed = faultPlan.safeParse(value);
  if (!parsed.success) throw config(parsed.error.issues.map((issue) => complaintOf(issue, 'plan', text)).join('\n'));
  return parsed.data;
}

/** @internal A fault that a predicate gave, which may be anything. */
export function checkedFault(value: unknown, { at }: Moment): Fault {
  const name = typeof value === 'object' && value !== null && 'fault' in value ? String(value.fault) : '';
  const schema = faults.get(name);
  if (schema === undefined) throw config(`the predicate's answer ${unknownFault(value)}`);
  const allowed: readonly string[] = kinds[name as FaultName].at;
  if (!allowed.includes(at)) {
    throw config(
      `the predicate's answer "${name}" cannot strike at "${at}", where ${places[at]}; it can at ${quoted(allowed)}`,
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw config(parsed.error.issues.map((issue) => complaintOf(issue, "the predicate's answer")).join('\n'));
  return parsed.data as unknown as Fault;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** `plan[2].after: …`: the entry and the field, the line where there is a text, and what to do. */
function complaintOf(issue: z.core.$ZodIssue, what: string, text?: PlanText): string {
  const at = (path: readonly PropertyKey[]): string => {
    const keys = path.map((key) => (typeof key === 'number' ? `[${String(key)}]` : `.${String(key)}`));
    const line = text === undefined ? '' : ` (line ${String(text.lineOf(path))})`;
    return what + keys.join('') + line;
  };
  if (issue.code !== 'unrecognized_keys') return `${at(issue.path)}: ${issue.message}`;
  return issue.keys
    .map((key) => `${at([...issue.path, key])}: there is no such field; remove it, or correct its name`)
    .join('\n');
}
