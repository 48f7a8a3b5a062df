/**
 * The adapter, as plain JavaScript on the built package: the suite starts it for all its scenarios at once, and
 * what compiles as it goes would keep a small machine busy for longer than some of them wait.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import build from '../support/build.js';

const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
const files = ['main', 'client', 'credentials', 'scenario'];
const built = new URL('../../dist/index.js', import.meta.url).href;

/** @returns what is run, and its arguments */
export async function adapter(): Promise<string[]> {
  await build();
  const folder = new URL('../../node_modules/.cache/conformance-adapter/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL('package.json', folder), '{ "type": "module" }');
  for (const file of files) {
    const text = await readFile(new URL(`${file}.ts`, import.meta.url), 'utf8');
    const { outputText } = ts.transpileModule(text.replace("'../../src/index.js'", `'${built}'`), { compilerOptions });
    await writeFile(new URL(`${file}.js`, folder), outputText);
  }
  return [process.execPath, fileURLToPath(new URL('main.js', folder))];
}
