/**
 * The official suite, as a program: installed once beside the other caches (it is no dependency of ours, and needs
 * a newer Node than we do), run against our adapter, and read by what it wrote of each scenario.
 */
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { adapter } from './adapter.js';
import type { Suite } from './suites.js';

/** What became of one scenario. */
export interface Outcome {
  readonly scenario: string;
  readonly passed: number;
  /** Checks that failed, and those that only warned: the suite takes both for a failure. */
  readonly failures: readonly string[];
  /** What our adapter wrote to stderr: a client that died after its last check is seen here only. */
  readonly complaint: string;
}

const cache = new URL('../../node_modules/.cache/', import.meta.url);
const root = fileURLToPath(new URL('../../', import.meta.url));
/** The harness uses what came with this one. */
const NODE = 22;
/** For one installation. */
const PATIENCE = 180_000;
/** For one scenario: all of them start at once, and a small machine is slow then. */
const SCENARIO_PATIENCE = 120_000;

const checks = z.array(
  z.object({ name: z.string(), status: z.string(), description: z.string(), errorMessage: z.string().optional() }),
);

/** @returns what became of every scenario that the suite has run, those that do not count included */
export async function run(suite: Suite): Promise<Outcome[]> {
  const harness = await installed(suite.version);
  const folder = await mkdtemp(join(tmpdir(), 'mcp-actor-conformance-'));
  try {
    const command = (await adapter()).join(' ');
    const patience = ['--timeout', String(SCENARIO_PATIENCE)];
    const said = await play([harness, 'client', ...suite.selection, '--command', command, ...patience, '-o', folder]);
    const outcomes = await outcomesIn(folder);
    if (outcomes.length === 0) throw new Error(`the suite ${suite.version} has run nothing:\n${said}`);
    return outcomes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its verdict is in its files: the status it exits with counts scenarios that do not matter here, too. */
async function play(args: readonly string[]): Promise<string> {
  const isNew = Number(process.versions.node.split('.')[0]) >= NODE;
  const [program, ...first] = isNew ? [process.execPath] : ['npx', '--yes', '--package=node@24', 'node'];
  const child = spawn(program, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
  }
  await once(child, 'close');
  return said;
}

/** @returns the path of its program */
export async function installed(version: string): Promise<string> {
  const folder = new URL(`conformance-${version}/`, cache);
  const program = new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', folder);
  const isThere = (): Promise<boolean> =>
    access(program).then(
      () => true,
      () => false,
    );
  if (!(await isThere())) {
    // Made beside its place and moved there, so that what is there is whole.
    const draft = new URL(`conformance-draft-${randomUUID()}/`, cache);
    await mkdir(draft, { recursive: true });
    const of = `@modelcontextprotocol/conformance@${version}`;
    // It asks for a newer Node than may be running here; that is seen to.
    const quiet = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--engine-strict=false'];
    await promisify(execFile)('npm', ['install', ...quiet, '--prefix', fileURLToPath(draft), of], {
      timeout: PATIENCE,
    });
    await rename(draft, folder).catch(async (error: unknown) => {
      await rm(draft, { recursive: true, force: true });
      if (!(await isThere())) throw error;
    });
  }
  return fileURLToPath(program);
}

/** One folder for each scenario, named for it and for the time; scenarios have slashes in their names. */
async function outcomesIn(folder: string): Promise<Outcome[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('/checks.json'));
  return Promise.all(
    files.sort().map(async (file) => {
      const place = file.slice(0, -'/checks.json'.length);
      const all = checks.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
      return {
        scenario: place.replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, ''),
        passed: all.filter(({ status }) => status === 'SUCCESS').length,
        failures: all
          .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
          .map(({ name, status, description, errorMessage }) => `${status} ${name}: ${errorMessage ?? description}`),
        complaint: await readFile(join(folder, place, 'stderr.txt'), 'utf8'),
      };
    }),
  );
}
