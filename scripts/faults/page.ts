/** The page about faults, from the schema of plans: what is not in the schema is not on the page. */
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { conditions, kinds, places } from '../../src/testing/faults/schema.js';

/** One property of JSON Schema, as far as the page shows it. */
interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

const fieldsOf = (shape: z.core.$ZodShape): [name: string, property: Property][] =>
  Object.entries(
    (z.toJSONSchema(z.object(shape), { io: 'input' }).properties ?? {}) as Readonly<Record<string, Property>>,
  );

const typeOf = ({ type, enum: values }: Property): string =>
  values === undefined ? (type ?? 'anything') : values.map(code).join(', ');

function fieldTable(shape: z.core.$ZodShape): string[] {
  const fields = fieldsOf(shape);
  if (fields.length === 0) return [];
  const rows = fields.map(
    ([name, property]) =>
      `| ${code(name)} | ${typeOf(property)} | ${property.default === undefined ? '' : code(property.default)} | ${property.description ?? ''} |`,
  );
  return ['| field | type | default | |', '| --- | --- | --- | --- |', ...rows, ''];
}

const kindSection = ([name, kind]: [string, (typeof kinds)[keyof typeof kinds]]): string[] => [
  `### \`${name}\``,
  '',
  kind.description,
  '',
  `At ${kind.at.map(code).join(', ')}.`,
  '',
  ...fieldTable(kind.shape),
  '```json',
  JSON.stringify(kind.example),
  '```',
  '',
];

const overview = Object.entries(kinds).map(
  ([name, { at, description }]) => `| [\`${name}\`](#${name}) | ${at.map(code).join(', ')} | ${description} |`,
);

const lines = [
  '<!-- Generated from the schema of fault plans by `scripts/faults-doc.ts`. Do not edit. -->',
  '',
  '# Faults',
  '',
  '`faulty(source, plan)` of `mcp-actor/testing` wraps whatever a `Client` takes as its source, and makes things go',
  'wrong between the client and the server. Between them means just that: the server is the real one, and so is the',
  'client. What goes wrong is a fault, and a plan says when.',
  '',
  '```ts',
  "import { Client } from 'mcp-actor';",
  "import { faulty } from 'mcp-actor/testing';",
  '',
  "const source = faulty('http://127.0.0.1:3001/mcp', [",
  "  { fault: 'disconnect', at: 'send', method: 'tools/call', nth: 3, when: 'after' },",
  "  { fault: 'delay', at: 'receive', chance: 0.1, ms: 2_000 },",
  '], { seed: 42 });',
  'const client = new Client(source);',
  '```',
  '',
  'Delays run on the clock of the client: on a `virtualClock()` they take no time. The same seed gives the same faults.',
  '`onFault`, beside the seed, is told of each fault as it strikes. A plan that does not fit is refused where it is',
  'made, by a message that names the entry and the field. Plans that are data can live in files: `parsePlan(text)`',
  'reads one, and names the line too.',
  '',
  '## Plans',
  '',
  'A plan is an array of entries. At each boundary the first entry that fits strikes, and only that one. An entry says',
  'which fault (`fault`), where (`at`; it may be left out where there is only one place), and when, by conditions that',
  'must all hold:',
  '',
  ...fieldTable(conditions),
  '`method`, `nth` and `after` are about messages, so they go with `send` and `receive` only.',
  '',
  'Or a plan is a function that is asked at every boundary, and answers with a fault or null:',
  '',
  '```ts',
  'const plan: FaultPlan = (moment) =>',
  "  moment.at === 'receive' && moment.method === 'tools/call' && moment.nth % 2 === 0 ? { fault: 'drop' } : null;",
  '```',
  '',
  '## Places',
  '',
  '| `at` | the boundary |',
  '| --- | --- |',
  ...Object.entries(places).map(([at, description]) => `| ${code(at)} | ${description} |`),
  '',
  '## Kinds',
  '',
  '| fault | at | what happens |',
  '| --- | --- | --- |',
  ...overview,
  '',
  ...Object.entries(kinds).flatMap(kindSection),
];

/** The whole page, formatted as the linter wants it. */
export async function faultsPage(): Promise<string> {
  const options = (await resolveConfig(new URL('../../docs/faults.md', import.meta.url))) ?? {};
  return format(lines.join('\n'), { ...options, parser: 'markdown' });
}
