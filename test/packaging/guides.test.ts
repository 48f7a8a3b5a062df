import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import * as entry from '../../src/index.js';

const run = promisify(execFile);
const root = process.cwd();
const folder = join(root, '.cache', 'guides');
const require = createRequire(import.meta.url);
const guide = (name: string): Promise<string> => readFile(join(root, 'docs', name), 'utf8');

/** What the root entry exports, types among it, by the compiler. */
function exportedNames(): Map<string, ts.Type> {
  const path = join(root, 'src', 'index.ts');
  const program = ts.createProgram([path], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error('the root entry is not a module');
  return new Map(
    checker.getExportsOfModule(module).map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      return [exported.name, checker.getDeclaredTypeOfSymbol(symbol)];
    }),
  );
}

const exported = exportedNames();
/** The members of an exported class or interface; of a union, those of any of its members. */
function membersOf(name: string): Set<string> {
  const type = exported.get(name);
  if (type === undefined) throw new Error(`there is no export ${name}`);
  const types = type.isUnion() ? type.types : [type];
  return new Set(types.flatMap((each) => each.getProperties().map((property) => property.name)));
}

const owners: Readonly<Record<string, string>> = {
  client: 'Client',
  options: 'ClientOptions',
  task: 'ToolTask',
  handler: 'MessageHandler',
  group: 'ClientGroup',
};

/** Is there such a thing, written as the guide writes it? */
function exists(written: string): boolean {
  if (written.startsWith('new ')) return exported.has(/^new (\w+)/.exec(written)?.[1] ?? '');
  const [owner = '', ...path] = written.split('.');
  if (owner === 'Client') return path[0] !== undefined && path[0] in entry.Client;
  if (path.length === 0) return exported.has(owner);
  if (owner === 'client' && path[0] === 'raw') return membersOf('RawOperations').has(path[1] ?? '');
  return membersOf(owners[owner] ?? '').has(path[0] ?? '');
}

const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|-]*\|$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe("the guide from FastMCP's client", () => {
  it('begins with the unit of times', async () => {
    const [, , first] = (await guide('from-fastmcp.md')).split('\n');
    expect(first).toMatch(/^\*\*Times are milliseconds here\*\*/);
  });

  it('names on our side only what there is', async () => {
    const rows = rowsOf(await guide('from-fastmcp.md')).filter(([, ours]) => ours !== 'mcp-actor');
    expect(rows.length).toBeGreaterThan(90);
    const names = rows.flatMap(([, ours = '']) => [...ours.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });

  it('says why, where there is nothing on our side', async () => {
    const rows = rowsOf(await guide('from-fastmcp.md'));
    expect(rows.filter(([, ours, why]) => ours === '–' && (why ?? '') === '')).toEqual([]);
  });
});

describe('the guides', () => {
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('have code that compiles', async () => {
    await mkdir(folder, { recursive: true });
    const texts = await Promise.all(['from-fastmcp.md', 'from-sdk.md'].map(guide));
    const blocks = texts.flatMap((text) => [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? ''));
    expect(blocks.length).toBeGreaterThan(2);
    await Promise.all(blocks.map((block, n) => writeFile(join(folder, `block-${String(n)}.mts`), block)));
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    const said = await run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', folder]).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    expect(said).toBe('');
  });

  it('name only files that are there', async () => {
    const texts = await Promise.all(['from-fastmcp.md', 'from-sdk.md'].map(guide));
    const links = texts.flatMap((text) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? ''),
    );
    await Promise.all(links.map((link) => readFile(join(root, 'docs', link))));
  });
});
