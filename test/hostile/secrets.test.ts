/**
 * Row 49: secrets of every kind, a server that repeats them all, and every way for them to get out. They go to the
 * server they are for, and are in nothing else.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from './fixtures/secrets/drive.js';
import { leaksIn, sentinels } from './fixtures/secrets/sentinels.js';
import type { Sink } from './fixtures/secrets/sinks.js';

const script = fileURLToPath(new URL('fixtures/secrets/drive.ts', import.meta.url));
let folder = '';
let report: Report;
let sinks: readonly Sink[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
  const file = join(folder, 'report.json');
  const env = { ...process.env, NODE_DEBUG: 'mcp-actor', NODE_OPTIONS: '--trace-warnings' };
  const args = ['--import', 'tsx', script, file];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    env,
    timeout: 60_000,
    maxBuffer: 2 ** 28,
  });
  report = JSON.parse(await readFile(file, 'utf8')) as Report;
  sinks = [
    ...report.sinks,
    { name: 'what is printed', text: stdout },
    { name: 'what NODE_DEBUG prints', text: stderr },
  ];
}, 90_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('secrets', () => {
  it('are in no error, event, log, snapshot, recording or object [row 49]', () => {
    const leaks = sinks.flatMap(({ name, text }) => leaksIn(text).map((leak) => `${leak} is in ${name}`));
    expect([...new Set(leaks)]).toEqual([]);
  });

  it('were there to be let out: the server was told each that is for it', () => {
    const elsewhere = ['environment', 'privateKey', 'session'];
    const sent = Object.keys(sentinels).filter((name) => !elsewhere.includes(name));
    expect(leaksIn(report.heard)).toEqual(expect.arrayContaining(sent));
    expect(report.heard).toContain(sentinels.session);
  });

  it('were looked for in all that there is', () => {
    expect(report.errors).toBeGreaterThan(200);
    const kinds = [
      'message of',
      'stack of',
      'JSON of an error',
      'inspect of a client',
      'inspect of a lease',
      'getSnapshot()',
      'chart()',
      'a transition',
      'an inspection event',
      'actorRef of',
      'the auth object',
      'the file store',
      'a recording',
      'NODE_DEBUG',
    ];
    expect(kinds.filter((kind) => !sinks.some(({ name, text }) => name.includes(kind) && text !== ''))).toEqual([]);
  });
});

it('a text that holds a secret is known for one, however it is written', () => {
  for (const [name, value] of Object.entries(sentinels)) {
    expect(leaksIn(`x ${value} y`)).toEqual([name]);
    for (const user of ['u', 'us', 'use']) {
      expect(leaksIn(`Basic ${Buffer.from(`${user}:${value}:z`).toString('base64')}`)).toEqual([name]);
    }
  }
  expect(leaksIn('nothing of the kind')).toEqual([]);
});
