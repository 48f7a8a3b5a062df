/**
 * The schema of an elicitation's form: flat, and of primitives only (client/elicitation#requested-schema).
 * The protocol has four kinds of fields, so this is the whole validator.
 */
import type { ElicitRequestFormParams } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { shortened } from './refusal.js';

/** The schema of a form. */
export type RequestedSchema = ElicitRequestFormParams['requestedSchema'];
type Field = RequestedSchema['properties'][string];

/** What a form may be filled in with. */
export type FormContent = Readonly<Record<string, unknown>>;

/**
 * The params of a form as the protocol has them: servers of FastMCP's leave out that the choices of a list
 * are texts. What is no such form is given back as it came.
 */
export function spelledOut(params: unknown): unknown {
  if (!isObject(params) || !isObject(params['requestedSchema'])) return params;
  const { requestedSchema } = params;
  if (!isObject(requestedSchema['properties'])) return params;
  const fields = Object.entries(requestedSchema['properties']).map(([name, field]) => [name, typed(field)] as const);
  return { ...params, requestedSchema: { ...requestedSchema, properties: Object.fromEntries(fields) } };
}

const typed = (field: unknown): unknown =>
  isObject(field) && isObject(field['items']) && 'enum' in field['items']
    ? { ...field, items: { type: 'string', ...field['items'] } }
    : field;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The content with the defaults of the schema where it says nothing. */
export function withDefaults(schema: RequestedSchema, content: FormContent): FormContent {
  const defaults = Object.entries(schema.properties).flatMap(([name, field]) =>
    given(content, name) === undefined && field.default !== undefined ? [[name, field.default] as const] : [],
  );
  // Not by assignment: a property may be called `__proto__`.
  return Object.fromEntries([...Object.entries(content), ...defaults]);
}

const given = (content: FormContent, name: string): unknown =>
  Object.hasOwn(content, name) ? content[name] : undefined;

/** Where the content does not fit, by the name of the property; null where it does. */
export function misfitOf(schema: RequestedSchema, content: FormContent): string | null {
  for (const name of schema.required ?? []) {
    if (given(content, name) === undefined) return `${quoted(name)} is missing`;
  }
  const isClosed = 'additionalProperties' in schema && schema.additionalProperties === false;
  for (const [name, value] of Object.entries(content)) {
    const field = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const fault = field === undefined ? (isClosed ? 'was not asked for' : null) : faultOf(field, value);
    if (fault !== null) return `${quoted(name)} ${fault}`;
  }
  return null;
}

function faultOf(field: Field, value: unknown): string | null {
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'number':
    case 'integer':
      return faultOfNumber(field, value);
    case 'string':
      return faultOfString(field, value);
    case 'array':
      return faultOfChoices(field, value);
  }
}

type Of<T extends Field['type']> = Extract<Field, { type: T }>;
type NumberField = Extract<Field, { type: 'number' | 'integer' }>;

function faultOfNumber({ type, minimum, maximum }: NumberField, value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
  if (type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  if (minimum !== undefined && value < minimum) return `must be ${String(minimum)} or more`;
  if (maximum !== undefined && value > maximum) return `must be ${String(maximum)} or less`;
  return null;
}

const formats = {
  email: z.email(),
  uri: z.string().refine((text) => URL.canParse(text)),
  date: z.iso.date(),
  'date-time': z.iso.datetime({ offset: true }),
};

function faultOfString(field: Of<'string'>, value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a text';
  const choices = choicesOf(field);
  if (choices !== null) return choices.includes(value) ? null : `must be one of ${shown(choices)}`;
  if (!('format' in field || 'minLength' in field || 'maxLength' in field)) return null;
  const { minLength, maxLength, format } = field;
  // JSON Schema counts characters, not the halves of UTF-16.
  const { length } = Array.from(value);
  if (minLength !== undefined && length < minLength) return `must have ${String(minLength)} characters or more`;
  if (maxLength !== undefined && length > maxLength) return `must have ${String(maxLength)} characters or less`;
  return format === undefined || formats[format].safeParse(value).success ? null : `must be of the format ${format}`;
}

function choicesOf(field: Of<'string'>): readonly string[] | null {
  if ('enum' in field) return field.enum;
  return 'oneOf' in field ? field.oneOf.map((choice) => choice.const) : null;
}

function faultOfChoices({ items, minItems, maxItems }: Of<'array'>, value: unknown): string | null {
  const choices = 'enum' in items ? items.enum : items.anyOf.map((choice) => choice.const);
  if (!Array.isArray(value)) return `must be a list of ${shown(choices)}`;
  if (minItems !== undefined && value.length < minItems) return `must have ${String(minItems)} items or more`;
  if (maxItems !== undefined && value.length > maxItems) return `must have ${String(maxItems)} items or less`;
  const known = new Set<unknown>(choices);
  return value.every((item) => known.has(item)) ? null : `must be a list of ${shown(choices)}`;
}

/** Choices that a message names. */
const SHOWN = 10;

const quoted = (text: string): string => JSON.stringify(shortened(text, 100));

function shown(choices: readonly string[]): string {
  const named = choices.slice(0, SHOWN).map(quoted).join(', ');
  return choices.length <= SHOWN ? named : `${named} and ${String(choices.length - SHOWN)} others`;
}
