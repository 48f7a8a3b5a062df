import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import tseslint from 'typescript-eslint';

/** The doors are rules about syntax: they hold without types, and so without reading the whole project. */
const eslint = new ESLint({
  cwd: new URL('..', import.meta.url).pathname,
  overrideConfig: [tseslint.configs.disableTypeChecked],
});

const doorRules = [
  '@typescript-eslint/no-restricted-imports',
  'no-restricted-exports',
  'no-restricted-globals',
  'no-restricted-properties',
  'no-restricted-syntax',
];

/** What the doors say about this text in a file of that name, which need not exist. */
async function complaints(filePath: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${text}\n`, { filePath });
  const messages = result?.messages ?? [];
  const fatal = messages.find((message) => message.fatal === true);
  if (fatal !== undefined) throw new Error(fatal.message);
  return messages.filter(({ ruleId }) => doorRules.includes(ruleId ?? '')).map(({ message }) => message);
}

const rooms = ['api', 'machines', 'actors', 'transports', 'protocol', 'testing', 'inspector', 'cli'];

/** Whose code each room may run. */
const open: Record<string, readonly string[]> = {
  protocol: [],
  transports: ['protocol'],
  machines: ['protocol'],
  actors: ['transports', 'protocol'],
  api: ['machines', 'actors', 'transports', 'protocol'],
  testing: rooms,
  inspector: rooms,
  cli: rooms,
};

const ways: readonly (readonly [name: string, text: (from: string) => string])[] = [
  ['import', (from) => `import { thing } from '${from}';\nthing();`],
  ['re-export', (from) => `export { thing } from '${from}';`],
  ['import()', (from) => `export const thing = () => import('${from}');`],
];

describe.each(Object.entries(open))('the door of src/%s', (room, mayUse) => {
  const file = `src/${room}/some-noun.ts`;

  it.each(ways)(`lets through what may be used, and nothing else, by %s`, async (_name, text) => {
    for (const other of rooms.filter((candidate) => candidate !== room)) {
      const found = await complaints(file, text(`../${other}/some-noun.js`));
      const closed = [expect.stringContaining(`src/${room} may run code of`) as string];
      expect(found, `${room} using ${other}`).toEqual(mayUse.includes(other) ? [] : closed);
    }
  });

  it('holds in folders within it, and lets the room use itself', async () => {
    for (const other of rooms.filter((candidate) => candidate !== room && !mayUse.includes(candidate))) {
      expect(await complaints(`src/${room}/folder/noun.ts`, `import '../../${other}/noun.js';`)).toHaveLength(1);
    }
    expect(await complaints(file, `import { thing } from './thing.js';\nthing();`)).toEqual([]);
  });

  it('is open to types', async () => {
    for (const other of rooms) {
      const text = `import type { Thing } from '../${other}/thing.js';\nexport type Mine = Thing;`;
      expect(await complaints(file, text)).toEqual([]);
    }
  });

  it('is closed to tests and to the published package', async () => {
    expect(await complaints(file, `import '../../test/support/thing.js';`)).toEqual([
      expect.stringContaining('Nothing in src may use a test.'),
    ]);
    expect(await complaints(file, `import 'mcp-actor/machines';`)).toEqual([
      expect.stringContaining('Nothing in src may use the published package.'),
    ]);
  });

  it('is closed to the running code of the MCP SDK, and open to its types', async () => {
    const path = '@modelcontextprotocol/sdk/types.js';
    for (const [, text] of ways) {
      expect(await complaints(file, text(path))).toEqual([expect.stringContaining('Only src/protocol/sdk.ts')]);
    }
    expect(await complaints(file, `import type { Tool } from '${path}';\nexport type Mine = Tool;`)).toEqual([]);
  });

  it('is closed to default exports', async () => {
    expect(await complaints(file, 'export default 1;')).toHaveLength(1);
  });
});

describe('the door to the MCP SDK', () => {
  it('is src/protocol/sdk.ts', async () => {
    const text = `export { InitializeResultSchema } from '@modelcontextprotocol/sdk/types.js';`;
    expect(await complaints('src/protocol/sdk.ts', text)).toEqual([]);
    expect(await complaints('src/index.ts', text)).toEqual([expect.stringContaining('Only src/protocol/sdk.ts')]);
  });
});

describe('the machines', () => {
  const file = 'src/machines/some-noun.ts';

  it.each(['node:fs', 'node:events', 'node:timers/promises'])('import no Node builtin: not %s', async (builtin) => {
    expect(await complaints(file, `import '${builtin}';`)).toEqual([expect.stringContaining('no Node builtin')]);
  });

  it.each([
    'Date.now()',
    'new Date()',
    'performance.now()',
    'crypto.randomUUID()',
    'setTimeout(() => 1, 1)',
    'setInterval(() => 1, 1)',
    'setImmediate(() => 1)',
    'queueMicrotask(() => 1)',
    'process.env',
    'fetch("http://localhost")',
    'console.log(1)',
    'Math.random()',
    'globalThis.setTimeout(() => 1, 1)',
  ])('read no clock, no chance and no world: not %s', async (expression) => {
    expect(await complaints(file, `export const thing = () => ${expression};`)).toHaveLength(1);
  });

  it.each([
    'export async function thing() {}',
    'export const thing = async () => 1;',
    'export async function thing(list: Promise<number>[]) { for await (const one of list) use(one); }',
    'export async function thing(one: Promise<number>) { await one; }',
    'await thing;',
  ])('never wait: not `%s`', async (text) => {
    const found = await complaints(file, text);
    expect(new Set(found)).toEqual(new Set(['Nothing in a machine waits: what it waits for comes in as an event.']));
  });
});

describe('time and chance', () => {
  it.each([
    'src/api/noun.ts',
    'src/actors/noun.ts',
    'src/protocol/noun.ts',
    'src/testing/noun.ts',
    'src/inspector/noun.ts',
  ])('come in through ports in %s', async (file) => {
    for (const use of ['setTimeout(f, 1)', 'setInterval(f, 1)', 'setImmediate(f)', 'Date.now()', 'performance.now()']) {
      expect(await complaints(file, `${use};`)).toEqual([expect.stringContaining('come in through ports')]);
    }
    expect(await complaints(file, 'Math.random();')).toEqual([expect.stringContaining('come in through ports')]);
  });

  it.each(['src/api/noun.ts', 'src/actors/noun.ts', 'src/protocol/noun.ts'])(
    'are not imported from Node in %s',
    async (file) => {
      expect(await complaints(file, `import 'node:timers/promises';`)).toHaveLength(1);
      expect(await complaints(file, `import 'node:crypto';`)).toHaveLength(1);
    },
  );

  it.each(['src/protocol/clock.ts', 'src/transports/noun.ts', 'src/cli/noun.ts'])('are made in %s', async (file) => {
    expect(await complaints(file, 'setTimeout(f, 1); performance.now();')).toEqual([]);
  });
});

describe('the tests', () => {
  it('do not sleep', async () => {
    for (const file of ['test/api/noun.test.ts', 'test/machines/noun.test.ts', 'test/support/noun.ts']) {
      expect(await complaints(file, 'setTimeout(f, 1);')).toEqual([expect.stringContaining('No test sleeps')]);
      expect(await complaints(file, `import { setTimeout as sleep } from 'node:timers/promises';`)).toHaveLength(1);
    }
  });

  it('may use timers where real processes and sockets are', async () => {
    for (const folder of ['transports', 'interop', 'processes']) {
      expect(await complaints(`test/${folder}/noun.test.ts`, 'setTimeout(f, 1);')).toEqual([]);
    }
  });
});
