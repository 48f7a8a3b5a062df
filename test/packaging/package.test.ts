import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = process.cwd();
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const strictest = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
};

let scratch: string;

const npm = (...args: string[]): Promise<{ stdout: string }> =>
  run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline', '--silent'], { cwd: scratch });

/** What the compiler says; nothing when it is content. */
async function compile(options: object, program = 'program.ts'): Promise<string> {
  await writeFile(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...strictest, ...options }, files: [program] }),
  );
  return run(process.execPath, [tsc, '-p', scratch]).then(
    () => '',
    (error: unknown) => (error as { stdout: string }).stdout,
  );
}

describe('the packed tarball', () => {
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'mcp-actor-package-'));
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', scratch],
      { cwd: root },
    );
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    await writeFile(join(scratch, 'package.json'), JSON.stringify({ name: 'scratch', private: true, type: 'module' }));
    await npm('install', join(scratch, packed?.filename ?? ''));
    await copyFile(join(root, 'test', 'packaging', 'whole-api.ts.txt'), join(scratch, 'program.ts'));
    await copyFile(join(root, 'test', 'packaging', 'testing-api.ts.txt'), join(scratch, 'testing.ts'));
  }, 180_000);
  afterAll(() => rm(scratch, { recursive: true }));

  it('compiles a program that uses the whole API without @types/node', async () => {
    expect(await compile({ types: [] })).toBe('');
  }, 120_000);

  it('compiles it with @types/node', async () => {
    await npm('install', '@types/node@20');
    expect(await compile({ types: ['node'], lib: ['es2022'] })).toBe('');
  }, 180_000);

  it('compiles and runs a program that breaks servers on purpose', async () => {
    // XState's own declarations do not pass every strict flag; only the root entry keeps clear of them.
    expect(await compile({ types: ['node'], lib: ['es2023'], skipLibCheck: true, noEmit: false }, 'testing.ts')).toBe(
      '',
    );
    const { stdout } = await run(process.execPath, ['testing.js'], { cwd: scratch });
    expect(JSON.parse(stdout)).toEqual({
      states: expect.arrayContaining(['ready.leased', 'closing.terminating', 'disconnected']) as unknown,
      violations: 0,
      ok: true,
      agrees: true,
    });
  }, 120_000);

  it('loads neither undici, child_process nor elkjs with its root entry', async () => {
    const traced = await run(
      process.execPath,
      [
        '--experimental-loader',
        await tracer(),
        '-e',
        "import('mcp-actor').then(({ Client }) => new Client('http://127.0.0.1:1/mcp'))",
      ],
      { cwd: scratch },
    );
    const urls = traced.stdout.split('\n').filter((line) => line.startsWith('loaded '));
    expect(urls.length).toBeGreaterThan(20);
    expect(urls.filter((url) => /undici|elkjs|child_process/.test(url))).toEqual([]);
  });

  it('exports its machines, and what they are made of', async () => {
    const script = "import('mcp-actor/machines').then((machines) => console.log(Object.keys(machines).join()))";
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: scratch });
    expect(stdout.trim().split(',')).toEqual(
      expect.arrayContaining(['actorOf', 'clientMachine', 'clientLogic', 'legalTransitions', 'step']),
    );
  });

  it('carries what it needs and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--silent', '--ignore-scripts'], { cwd: root });
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    const folders = new Set(packed?.files.map(({ path }) => path.split('/')[0]));
    expect(folders).toEqual(new Set(['dist', 'src', 'docs', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']));
  });

  it('runs its command', async () => {
    const { stdout } = await run(join(scratch, 'node_modules', '.bin', 'mcp-actor'), ['chart'], { cwd: scratch });
    expect(stdout).toContain('stateDiagram-v2');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect((await run(join(scratch, 'node_modules', '.bin', 'mcp-actor'), ['--version'])).stdout.trim()).toBe(version);
  });
});

/** A loader that prints every module as it is loaded. */
async function tracer(): Promise<string> {
  const path = join(scratch, 'tracer.mjs');
  await writeFile(
    path,
    `import { writeSync } from 'node:fs';\nexport async function load(url, context, next) { writeSync(1, 'loaded ' + url + '\\n'); return next(url, context); }\n`,
  );
  return path;
}
