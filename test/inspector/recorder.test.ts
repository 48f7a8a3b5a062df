import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, type InspectionEvent } from '../../src/index.js';
import { record, replayRun, type RecordOptions } from '../../src/inspector/index.js';
import { settle, virtualClient } from '../support/virtual-client.js';

let folder = '';
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-actor-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function newFile(): string {
  files += 1;
  return join(folder, `run-${String(files)}.jsonl`);
}

/** Records one short life, and gives the file. */
async function lifeIn(file: string, options?: RecordOptions): Promise<string> {
  await using recording = record(file, options);
  const { client } = virtualClient({ inspect: recording });
  await client.use((lease) => lease.callTool('x'));
  return file;
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

describe('a recording', () => {
  it('holds every event the machine took, and replays to the same states', async () => {
    const inspected: InspectionEvent[] = [];
    const file = newFile();
    const recording = record(file);
    const { client } = virtualClient({ inspect: [recording, (event) => inspected.push(event)] });
    await client.use((lease) => Promise.all([lease.ping(), lease.ping(), lease.listTools()]));
    await recording.close();
    const { agrees, runs, ending } = await replayRun(file);
    const taken = inspected.filter(({ type }) => type === '@xstate.snapshot').map(({ event }) => event?.type);
    expect({ agrees, ending }).toEqual({ agrees: true, ending: 'closed' });
    expect(runs[0]?.steps.map(({ event }) => event.type)).toEqual(taken);
    expect(recording.events).toBe(taken.length);
    expect(runs[0]).toMatchObject({ name: 'test', start: 'disconnected', options: { connectTimeout: 20_000 } });
  });

  it('is written while it happens, not when it is closed', async () => {
    const file = newFile();
    const { client } = virtualClient({ inspect: record(file) });
    const lease = await client.connect();
    await settle();
    expect((await replayRun(file)).runs[0]?.steps.at(-1)?.recorded.state).toBe('ready.leased');
    await lease.release();
    await settle();
    const { agrees, runs, ending } = await replayRun(pathToFileURL(file));
    expect({ agrees, ending }).toEqual({ agrees: true, ending: 'open' });
    expect(runs[0]?.steps.at(-1)?.recorded.state).toBe('disconnected');
  });

  it('holds options that are Infinity, and deadlines that passed', async () => {
    const file = newFile();
    await using recording = record(file);
    const { client, server, clock } = virtualClient({
      inspect: recording,
      initTimeout: 100,
      connectTimeout: Infinity,
      reconnect: { attempts: Infinity, initial: true, initialDelay: 50 },
    });
    server.script = () => true;
    const connecting = client.connect().catch(() => undefined);
    await clock.advance(10_000);
    await client.close();
    await connecting;
    const { agrees, runs } = await replayRun(file);
    expect(agrees).toBe(true);
    expect(runs[0]?.options).toMatchObject({ connectTimeout: Infinity, reconnect: { attempts: Infinity } });
    const deadlines = runs[0]?.steps.filter(({ event }) => event.type.startsWith('xstate.after.')) ?? [];
    expect(deadlines.length).toBeGreaterThan(4);
  });

  it('of a thousand calls at once is complete, and in order', async () => {
    const file = newFile();
    const recording = record(file);
    const { client } = virtualClient({ inspect: recording });
    await client.use((lease) => Promise.all(Array.from({ length: 1_000 }, () => lease.callTool('x'))));
    await recording.close();
    const { agrees, runs } = await replayRun(file);
    const submitted = (runs[0]?.steps ?? []).flatMap(({ event }) =>
      event.type === 'requests.submitted' ? event.requests.map(({ id }) => id) : [],
    );
    expect(agrees).toBe(true);
    expect(submitted).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 2));
  });

  it('of a thousand calls one by one, of which many wait, is the same', async () => {
    const file = newFile();
    const recording = record(file);
    const { client } = virtualClient({ inspect: recording, limits: { inFlight: 7, queue: 500 } });
    await client.use(async (lease) => {
      const calls: Promise<unknown>[] = [];
      for (let call = 0; call < 1_000; call += 1) {
        calls.push(lease.callTool('x').catch(() => undefined));
        if (call % 10 === 0) await Promise.resolve();
      }
      await Promise.all(calls);
    });
    await recording.close();
    expect((await replayRun(file)).agrees).toBe(true);
  });

  it('of several clients keeps them apart', async () => {
    const file = newFile();
    await using recording = record(file);
    const { client } = virtualClient({ inspect: recording, name: 'one' });
    const { client: other } = virtualClient({ inspect: recording, name: 'two' });
    await Promise.all([client.use((lease) => lease.ping()), other.use((lease) => lease.listTools())]);
    await settle();
    const { agrees, runs } = await replayRun(file);
    expect(agrees).toBe(true);
    expect(runs.map(({ client: number, name, steps }) => `${String(number)} ${name} ${String(steps.length)}`)).toEqual([
      '1 one 7',
      '2 two 7',
    ]);
  });

  it('begins anew, unless it is told to go on', async () => {
    const file = await lifeIn(await lifeIn(newFile()));
    expect((await replayRun(file)).runs.length).toBe(1);
    await lifeIn(file, { append: true });
    const { agrees, runs } = await replayRun(file);
    expect({ agrees, runs: runs.length }).toEqual({ agrees: true, runs: 2 });
  });

  it('that goes on behind a torn line leaves that line to itself', async () => {
    const file = await lifeIn(newFile());
    truncateSync(file, statSync(file).size - 60);
    await lifeIn(file, { append: true });
    const { agrees, runs, torn, ending } = await replayRun(file);
    expect({ agrees, runs: runs.length, torn: torn.length, ending }).toEqual({
      agrees: true,
      runs: 2,
      torn: 1,
      ending: 'closed',
    });
  });

  it('can be read by its owner alone', async () => {
    expect(statSync(await lifeIn(newFile())).mode & 0o777).toBe(0o600);
  });
});

describe('a recording that is full', () => {
  it('ends within its limit, says so in its last line, and replays as far as it goes', async () => {
    const file = newFile();
    const recording = record(file, { maxBytes: 4_096 });
    const { client, complaints } = virtualClient({ inspect: recording });
    await client.use(async (lease) => {
      for (let call = 0; call < 100; call += 1) await lease.ping();
    });
    expect(recording.ended).toBe(true);
    expect(statSync(file).size).toBeLessThanOrEqual(4_096);
    expect(JSON.parse(linesOf(file).at(-1) ?? '')).toEqual({ cut: { maxBytes: 4_096 } });
    await recording.close();
    const { agrees, runs, ending } = await replayRun(file);
    expect({ agrees, ending }).toEqual({ agrees: true, ending: 'cut' });
    expect(runs[0]?.steps.length).toBe(recording.events);
    expect(recording.events).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  });

  it.each([0, 100, Number.NaN, '1 MB'])('cannot have a limit of %j', (maxBytes) => {
    expect(() => record(newFile(), { maxBytes: maxBytes as number })).toThrow(ConfigError);
  });
});

describe('a recording that cannot be written', () => {
  const pipe = (): string => {
    const path = newFile();
    execFileSync('mkfifo', [path]);
    return path;
  };
  const missing = (): string => join(folder, 'nowhere', 'run.jsonl');
  const full = (): string => {
    const path = newFile();
    writeFileSync(path, 'x'.repeat(5_000));
    return path;
  };

  type Row = readonly [where: string, path: () => string, options: RecordOptions, reason: string];
  const rows: readonly Row[] = [
    ['in a folder that is not there', missing, {}, 'ENOENT'],
    ['where a folder is', () => folder, {}, 'EISDIR'],
    ['into a pipe', pipe, {}, 'it is a pipe'],
    ['behind a file that is too large already', full, { append: true, maxBytes: 4_096 }, 'as large as it may get'],
    ['on a full disk', () => '/dev/full', {}, 'ENOSPC'],
  ];

  it.each(rows.filter(([, path]) => path !== rows.at(-1)?.[1] || existsSync('/dev/full')))(
    '%s is told to onError once, and hurts nobody',
    async (_where, path, options, reason) => {
      const recording = record(path(), options);
      const { client, complaints } = virtualClient({ inspect: recording });
      const answers = await client.use((lease) => Promise.all([lease.callTool('a'), lease.callTool('b')]));
      expect(answers.length).toBe(2);
      await settle();
      expect(client.state).toBe('disconnected');
      expect(complaints.length).toBe(1);
      expect(complaints[0]).toMatch(/^inspect: the recording .* cannot be written, and ends here: /);
      expect(complaints[0]).toContain(reason);
      expect(recording.ended).toBe(true);
      await recording.close();
    },
  );

  it('because another one has begun to, is over, and says so once', async () => {
    const file = newFile();
    const first = virtualClient({ inspect: record(file), name: 'first' });
    await first.client.use((lease) => lease.ping());
    await using recording = record(file);
    const second = virtualClient({ inspect: recording, name: 'second' });
    await Promise.all([first, second].map(({ client }) => client.use((lease) => lease.ping())));
    await settle();
    expect(first.complaints).toEqual([expect.stringMatching(/another recorder writes into it now; give one recorder/)]);
    expect(second.complaints).toEqual([]);
    const { agrees, runs } = await replayRun(file);
    expect({ agrees, names: runs.map(({ name }) => name) }).toEqual({ agrees: true, names: ['second'] });
  });

  it('because it was closed takes no more, and says nothing', async () => {
    const file = newFile();
    const recording = record(file);
    const { client, complaints } = virtualClient({ inspect: recording });
    await client.use((lease) => lease.ping());
    await recording.close();
    await recording.close();
    const size = statSync(file).size;
    await client.use((lease) => lease.ping());
    await settle();
    expect(statSync(file).size).toBe(size);
    expect(complaints).toEqual([]);
  });

  it('because there is no client leaves no file', async () => {
    const file = newFile();
    await record(file).close();
    expect(existsSync(file)).toBe(false);
  });
});
