import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = process.cwd();
/** Inside the package, so that it is found by its own name, as a user would name it. */
const folder = join(root, '.cache', 'readme');
const require = createRequire(import.meta.url);

const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const titleOf = (block: string): string =>
  block.split('\n').find((line) => line.startsWith('await') || line.startsWith('const client')) ?? '';

describe('the README', () => {
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    await Promise.all(blocks.map((block, n) => writeFile(join(folder, `block-${String(n)}.mts`), block)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('begins with what this is, in one sentence, and a program of twelve lines', () => {
    expect(readme.split('\n')[0]).toBe(
      'An MCP client for TypeScript that cannot deadlock: its lifecycle is a statechart you can read, watch and check.',
    );
    expect(blocks[0]?.trimEnd().split('\n')).toHaveLength(12);
    expect(blocks.length).toBeGreaterThanOrEqual(4);
  });

  it('has code that compiles', async () => {
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
    const said = await run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', folder]).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    expect(said).toBe('');
  });

  it.each(blocks.map((block, n) => [n, titleOf(block)] as const))('has code that runs: block %i', async (n) => {
    const { stdout } = await run(process.execPath, ['--import', 'tsx', join(folder, `block-${String(n)}.mts`)], {
      cwd: folder,
      timeout: 60_000,
    });
    expect(stdout.length).toBeGreaterThan(10);
    if (n === 0) expect(stdout.trim().split('\n').at(-1)).toBe('disconnected');
  });

  it('names only files that are there', async () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(3);
    await Promise.all(links.map((link) => readFile(join(root, link))));
  });
});
