import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const recorded = fileURLToPath(new URL('../runs/stdio-crash-and-return.jsonl', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function replay(...args: string[]): Promise<Outcome> {
  return promisify(execFile)(process.execPath, [main, 'replay', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Outcome,
  );
}

describe('mcp-actor replay', () => {
  let folder = '';
  let text = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
    text = await readFile(recorded, 'utf8');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function file(content: string): Promise<string> {
    const path = join(folder, 'run.jsonl');
    await writeFile(path, content);
    return path;
  }

  it('prints the path as a table, and that the machine agrees, with status 0', async () => {
    const { code, stdout, stderr } = await replay(recorded);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/ session\.lost process_exited +closing\.terminating\n/);
    expect(stdout).toMatch(/ after backoff +connecting\.opening\n/);
    expect(stdout).toMatch(/\n\d+ events, 6 states: agrees with this machine\n$/);
  });

  it('prints a row for every event when it is asked for all', async () => {
    const events = text.split('"n":').length - 1;
    const { stdout } = await replay(recorded, '--all');
    expect(stdout.match(/^ {2}\d+ /gm)?.length).toBe(events);
  });

  it('prints the path as a state diagram, and as JSON', async () => {
    const diagram = await replay(recorded, '--format', 'mermaid');
    expect(diagram.code).toBe(0);
    expect(diagram.stdout.startsWith('stateDiagram-v2\n')).toBe(true);
    expect(diagram.stdout).toMatch(/ready_leased --> closing_terminating : .*session\.lost x2/);
    const json = await replay(recorded, '-f', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ agrees: true, ending: 'closed' });
  });

  it('says where a recording differs from the machine, with status 1', async () => {
    const { code, stdout } = await replay(
      await file(text.replace('"state":"connecting.backoff"', '"state":"ready.idle"')),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/DIFFERS from this machine, first at event \d+, session\.ended/);
    expect(stdout).toMatch(/! state +ready\.idle +connecting\.backoff\n/);
  });

  it('says that the last line is torn, and replays the others, with status 0', async () => {
    const { code, stdout } = await replay(await file(text.slice(0, -100)));
    expect(code).toBe(0);
    expect(stdout).toContain('ends within a line: the process died while it wrote it');
    expect(stdout).toContain('agrees with this machine');
  });

  it.each([
    ['no file', async () => join(folder, 'nowhere.jsonl'), 'there is no such file'],
    ['an empty file', () => file(''), 'it is empty'],
    ['something else', () => file('{"name":"x"}\n'), 'it is not a recording of mcp-actor'],
    ['another format', () => file(text.replace('"format":1', '"format":99')), 'it is of format 99'],
    ['a damaged line', () => file(text.replace('"n":3,', '"n":3')), 'line 4 is damaged'],
    ['a folder', async () => folder, 'it cannot be read: EISDIR'],
  ])('says what is wrong with %s, in one line, with status 1', async (_what, path, words) => {
    const { code, stdout, stderr } = await replay(await path());
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.startsWith('error: ')).toBe(true);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
    expect(stderr).toContain(words);
  });

  it('lets nothing that a file says steer the terminal', async () => {
    const evil = text.replace('"name":"recorded"', '"name":"\\u001b[2J\\u202e\\u0007"');
    for (const format of ['text', 'mermaid', 'json']) {
      const { code, stdout } = await replay(await file(evil), '-f', format);
      expect(code).toBe(0);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    }
  });
});
