/**
 * How much a request of the server may hold, counted before anything else looks at it: the schemas of the
 * protocol try every entry as each of several kinds, and note all that is wrong with each of them.
 */
import { INVALID_PARAMS, Refusal } from './refusal.js';

/** Fields of one form. */
export const MAX_FIELDS = 256;
/** Choices, and names, of one form: those of all fields together. */
export const MAX_CHOICES = 2_000;
/** Messages of one sampling request. */
export const MAX_MESSAGES = 1_000;
/** Blocks of content in all of its messages. */
export const MAX_BLOCKS = 4_000;
/** Tools that it may offer. */
export const MAX_TOOLS = 1_000;
/** Values of any kind in the params of one request: members of its objects, entries of its lists. */
export const MAX_VALUES = 50_000;

/** @throws Refusal that names the limit */
export function boundForm(params: unknown): void {
  boundValues(params);
  const schema = memberOf(params, 'requestedSchema');
  const fields = Object.values(asObject(memberOf(schema, 'properties')));
  refuseAbove(fields.length, MAX_FIELDS, 'fields');
  const lists = fields.flatMap((field) => [...listsOf(field), ...listsOf(memberOf(field, 'items'))]);
  const choices = [...lists, lengthOf(memberOf(schema, 'required'))].reduce((sum, length) => sum + length, 0);
  refuseAbove(choices, MAX_CHOICES, 'choices');
}

const listsOf = (field: unknown): number[] => Object.values(asObject(field)).map(lengthOf);

/** @throws Refusal that names the limit */
export function boundMessages(params: unknown): void {
  boundValues(params);
  const messages = asList(memberOf(params, 'messages'));
  refuseAbove(messages.length, MAX_MESSAGES, 'messages');
  const blocks = messages.map((message) => blocksOf(memberOf(message, 'content'))).reduce((sum, n) => sum + n, 0);
  refuseAbove(blocks, MAX_BLOCKS, 'blocks of content');
  refuseAbove(lengthOf(memberOf(params, 'tools')), MAX_TOOLS, 'tools');
}

/** What a tool gave is a block that holds blocks. */
const blocksOf = (content: unknown): number =>
  Array.isArray(content)
    ? content.reduce<number>((sum, block) => sum + 1 + lengthOf(memberOf(block, 'content')), 0)
    : 1 + lengthOf(memberOf(content, 'content'));

/** With a stack of its own, and no further than the limit. */
function boundValues(params: unknown): void {
  const rest: unknown[] = [params];
  let count = 0;
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
    count += inner.length;
    refuseAbove(count, MAX_VALUES, 'values');
    for (const one of inner) if (typeof one === 'object' && one !== null) rest.push(one);
  }
}

function refuseAbove(count: number, limit: number, what: string): void {
  if (count <= limit) return;
  const message = `it has more ${what} than this client looks at: ${String(limit)} at the most`;
  throw new Refusal(INVALID_PARAMS, message, 'server');
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const lengthOf = (value: unknown): number => asList(value).length;

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? value[key as keyof object] : undefined;
