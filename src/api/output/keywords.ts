/**
 * The keywords of JSON Schema that a result is checked by, and what each must hold. What is not here
 * is left out of what is compiled: annotations, and what a server could stop us with.
 */

/** What a keyword holds. */
export type Holds =
  | 'schema'
  | 'schemas'
  | 'schema or schemas'
  | 'schemas by name'
  | 'schemas or names by name'
  | 'names by name'
  | 'number'
  | 'positive number'
  | 'count'
  | 'names'
  | 'reference'
  | 'values'
  | 'value'
  | 'types'
  | 'flag';

export const keywords: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ['$id', 'reference'],
  ['$anchor', 'reference'],
  ['$ref', 'reference'],
  ['$defs', 'schemas by name'],
  ['definitions', 'schemas by name'],
  ['type', 'types'],
  ['nullable', 'flag'],
  ['enum', 'values'],
  ['const', 'value'],
  ['not', 'schema'],
  ['allOf', 'schemas'],
  ['anyOf', 'schemas'],
  ['oneOf', 'schemas'],
  ['if', 'schema'],
  ['then', 'schema'],
  ['else', 'schema'],
  ['minimum', 'number'],
  ['maximum', 'number'],
  ['exclusiveMinimum', 'number'],
  ['exclusiveMaximum', 'number'],
  ['multipleOf', 'positive number'],
  ['minLength', 'count'],
  ['maxLength', 'count'],
  ['prefixItems', 'schemas'],
  ['items', 'schema or schemas'],
  ['additionalItems', 'schema'],
  ['unevaluatedItems', 'schema'],
  ['contains', 'schema'],
  ['minContains', 'count'],
  ['maxContains', 'count'],
  ['minItems', 'count'],
  ['maxItems', 'count'],
  ['properties', 'schemas by name'],
  ['additionalProperties', 'schema'],
  ['unevaluatedProperties', 'schema'],
  ['propertyNames', 'schema'],
  ['required', 'names'],
  ['dependentRequired', 'names by name'],
  ['dependentSchemas', 'schemas by name'],
  ['dependencies', 'schemas or names by name'],
  ['minProperties', 'count'],
  ['maxProperties', 'count'],
]);

/**
 * What narrows a schema and is not checked: regular expressions of the server, which may run for
 * years; what compares every item with every other; references whose target is only known on the
 * way; and `format`, an annotation of 2020-12 that most servers check by all the same.
 */
export const unchecked: ReadonlySet<string> = new Set([
  'format',
  'pattern',
  'patternProperties',
  'uniqueItems',
  '$dynamicRef',
  '$recursiveRef',
]);

/**
 * What refuses more when something within it, or behind a reference in it, refuses less. A schema
 * of which something was left out keeps none of these: a result must never be refused wrongly.
 */
export const contrary: ReadonlySet<string> = new Set([
  'not',
  'if',
  'then',
  'else',
  'maxContains',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

/** Where an instance's own size decides how long it takes. */
export const wide: ReadonlySet<string> = new Set([
  'const',
  'enum',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
]);
