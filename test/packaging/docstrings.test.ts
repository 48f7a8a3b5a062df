import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = process.cwd();
const entries = {
  'mcp-actor': join(root, 'src', 'index.ts'),
  'mcp-actor/machines': join(root, 'src', 'machines', 'index.ts'),
  'mcp-actor/testing': join(root, 'src', 'testing', 'index.ts'),
  'mcp-actor/inspector': join(root, 'src', 'inspector', 'index.ts'),
};
/** Inside the package, so that it is found by its own name, as a user would name it. */
const folder = join(root, '.cache', 'docstrings');

interface Export {
  readonly entry: string;
  readonly name: string;
  readonly isValue: boolean;
  readonly text: string;
  readonly examples: readonly string[];
}

/** `export { type X }`, `export type { X }` */
const isTypeOnly = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.some((each) => ts.isExportSpecifier(each) && (each.isTypeOnly || each.parent.parent.isTypeOnly));

function exportsOf(): Export[] {
  const program = ts.createProgram(Object.values(entries), {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  return Object.entries(entries).flatMap(([entry, path]) => {
    const source = program.getSourceFile(path);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${path} is not a module`);
    return checker.getExportsOfModule(module).map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      return {
        entry,
        name: exported.name,
        isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(exported),
        text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
        examples: symbol
          .getJsDocTags(checker)
          .filter((tag) => tag.name === 'example')
          .map((tag) => ts.displayPartsToString(tag.text).replace(/^[\s\S]*?```ts\n([\s\S]*?)```[\s\S]*$/, '$1')),
      };
    });
  });
}

const all = exportsOf();
const values = all.filter(({ isValue }) => isValue);

/** An example as a module of its own. Without imports it stands inside a program that has a client and a lease. */
function moduleOf({ name }: Export, example: string): string {
  if (example.startsWith('import ')) return example;
  const names = values.filter((value) => value.entry === 'mcp-actor').map((value) => value.name);
  return [
    `import { ${names.join(', ')} } from 'mcp-actor';`,
    `export const used = [${names.join(', ')}];`,
    `export async function example${name}(client: Client, lease: Lease): Promise<void> {`,
    'await Promise.all([client, lease]);',
    '{',
    example,
    '}}',
  ].join('\n');
}

describe('every public export', () => {
  it.each(all.map((each) => [`${each.name} of ${each.entry}`, each] as const))(
    'has a docstring: %s',
    (_name, { text }) => {
      expect(text.length).toBeGreaterThan(10);
    },
  );

  it.each(values.map((each) => [`${each.name} of ${each.entry}`, each] as const))(
    'that is a value has an example: %s',
    (_name, { examples }) => {
      expect(examples.length).toBeGreaterThan(0);
    },
  );

  describe('and its example', () => {
    beforeAll(() => mkdir(folder, { recursive: true }));
    afterAll(() => rm(folder, { recursive: true }));

    it('compiles', async () => {
      const examples = values.flatMap((each) =>
        each.examples.map((example, n) => [`${each.name}-${String(n)}.mts`, moduleOf(each, example)] as const),
      );
      await Promise.all(examples.map(([name, text]) => writeFile(join(folder, name), text)));
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'es2022',
            module: 'nodenext',
            strict: true,
            noEmit: true,
            skipLibCheck: true,
            types: ['node'],
          },
          include: ['*.mts'],
        }),
      );
      const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
      const said = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(
        () => '',
        (error: unknown) => (error as { stdout: string }).stdout,
      );
      expect(said).toBe('');
    });
  });
});
