/**
 * The simulator as plain JavaScript. A loader that compiles as it goes wraps every function it meets,
 * and a client makes functions all the time: compiled ahead, the same run takes three quarters of the time.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Beneath `node_modules`, so that packages are found from there.
const cache = join(root, 'node_modules/.cache');

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
};

/**
 * Compiles a file and whatever it imports, one by one and without a look at types.
 *
 * @returns the path of what came of the file, and a function that takes it all away again
 */
export function compiled(entry: string): { readonly path: string; readonly remove: () => void } {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'simulate-'));
  const target = (source: string): string => join(folder, relative(root, source)).replace(/\.ts$/, '.js');
  const pending = [entry];
  const seen = new Set(pending);
  for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
    const text = readFileSync(source, 'utf8');
    mkdirSync(dirname(target(source)), { recursive: true });
    writeFileSync(target(source), ts.transpileModule(text, { compilerOptions, fileName: source }).outputText);
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const imported = join(dirname(source), fileName).replace(/\.js$/, '.ts');
      if (!seen.has(imported)) pending.push(imported);
      seen.add(imported);
    }
  }
  // What begins with a `#` is looked up in the nearest of these.
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports?: unknown };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }));
  return {
    path: target(entry),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
