/** Rows 46 and 47: what is run, as it was said, and what it gets to see of us. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client, ConfigError, McpActorError, type Source } from '../../src/index.js';
import { clientOf, processClient } from '../support/processes.js';

/** Says hello as a server, and hands back its arguments and its environment as its instructions. */
const parrot = `
  process.stdin.setEncoding('utf8').on('data', (text) => {
    const { id } = JSON.parse(text.split('\\n')[0]);
    const told = JSON.stringify({ args: process.argv.slice(1), env: { ...process.env }, cwd: process.cwd() });
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: {
      protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'parrot', version: '1' }, instructions: told,
    } }));
  }).on('end', () => process.exit());`;

interface Told {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function toldBy(client: Client): Promise<Told> {
  await client.connect();
  return JSON.parse(client.instructions ?? '') as Told;
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mcp-actor-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

describe('a command', () => {
  it('gets its arguments as they were given, whatever a shell would make of them (row 46)', async () => {
    const witness = join(directory, 'witness');
    const args = [
      `; touch ${witness}`,
      `&& touch ${witness}`,
      `| touch ${witness}`,
      `$(touch ${witness})`,
      `\`touch ${witness}\``,
      `> ${witness}`,
      '*',
      '~',
      '$HOME',
      '${PATH}',
      '%PATH%',
      '',
      ' ',
      'a\nb',
      '"',
      "'",
      '\\',
      '--flag=-x',
      '-rf',
    ];
    const { client } = clientOf((mark) => ({ command: process.execPath, args: ['-e', parrot, '--', mark, ...args] }));
    expect((await toldBy(client)).args.slice(1)).toEqual(args);
    expect(existsSync(witness)).toBe(false);
  });

  it.each([
    (witness: string) => `touch ${witness}`,
    (witness: string) => `true; touch ${witness}`,
    (witness: string) => `true && touch ${witness}`,
    (witness: string) => `$(touch ${witness})`,
    (witness: string) => `sh -c 'touch ${witness}'`,
  ])('is the name of one program, never a line for a shell (row 46, %#)', async (line) => {
    const witness = join(directory, 'witness');
    const client = new Client({ command: line(witness) });
    await expect(client.connect()).rejects.toMatchObject({ code: 'ENOENT', executed: 'no', retryable: false });
    expect(existsSync(witness)).toBe(false);
    // Nor as a bare string: there is no source of that form.
    expect(() => new Client(line(witness))).toThrow(ConfigError);
  });

  it('that no process can be given is refused, without repeating it (row 46)', async () => {
    for (const source of [
      { command: 'a\0b' },
      { command: process.execPath, args: ['x\0--secret-1234567890'] },
      { command: process.execPath, env: { 'A\0B': 'x' } },
      { command: process.execPath, env: { A: 'sentinel-1234567890\0' } },
    ]) {
      const error: unknown = await new Client(source).connect().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(McpActorError);
      expect(String(error)).not.toMatch(/secret-1234567890|sentinel-1234567890/);
    }
  });

  it.each([
    [{ command: '' }],
    [{ command: ['node', 'x'] }],
    [{ command: 'node', args: 'x y' }],
    [{ command: 'node', args: [1] }],
    [{ command: 'node', shell: true }],
    [{ command: 'node', env: { A: 1 } }],
    [{ command: 'node', uid: 0 }],
    [{ command: 'node', detached: false }],
  ])('of the wrong form is a ConfigError before anything runs: %j (row 46)', (source) => {
    expect(() => new Client(source as unknown as Source)).toThrow(ConfigError);
  });

  it('by a relative path is taken from cwd, and one that is a bare name never is (row 46)', async () => {
    const name = 'not-on-any-path';
    writeFileSync(join(directory, name), '#!/bin/sh\ntouch ran\n', { mode: 0o755 });
    await expect(new Client({ command: name, cwd: directory }).connect()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
    await expect(new Client({ command: `./${name}`, cwd: directory }).connect()).rejects.toThrow();
    expect(existsSync(join(directory, 'ran'))).toBe(true);
  });
});

/** Names that change what a program runs, and names that people keep secrets under. */
const TELLING = [
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'DYLD_INSERT_LIBRARIES',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_PATH',
  'NPM_TOKEN',
  'npm_config__auth',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'BASH_ENV',
  'ENV',
  'PERL5OPT',
  'RUBYOPT',
  'JAVA_TOOL_OPTIONS',
  'GIT_SSH_COMMAND',
  'SSH_AUTH_SOCK',
  'AWS_SECRET_ACCESS_KEY',
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'GITHUB_TOKEN',
  'DATABASE_URL',
  'http_proxy',
];

describe('the environment of a process', () => {
  it('holds nothing of ours that it was not given, down to what the system shows of it (row 47)', async () => {
    const sentinel = 'sentinel-4c1f0e9b';
    // Values that do no harm to this process, should one of them be looked at.
    for (const name of TELLING) vi.stubEnv(name, name === 'NODE_OPTIONS' ? `--title=${sentinel}` : sentinel);
    const { client, running } = processClient([], { env: { GIVEN: 'yes' } });
    const lease = await client.connect();
    const { structuredContent: seen = {} } = await lease.callTool('env');
    expect(seen['GIVEN']).toBe('yes');
    expect(Object.keys(seen).filter((name) => TELLING.includes(name))).toEqual([]);
    expect(JSON.stringify(seen)).not.toContain(sentinel);
    if (process.platform === 'linux') {
      for (const pid of running()) {
        const environ = readFileSync(`/proc/${String(pid)}/environ`, 'latin1');
        expect(environ).toContain('GIVEN=yes');
        expect(environ).not.toContain(sentinel);
      }
    }
  });

  it('holds one of those names when it is given, and then only what is given (row 47)', async () => {
    vi.stubEnv('NODE_OPTIONS', '--title=ours');
    const { client } = clientOf((mark) => ({
      command: process.execPath,
      args: ['-e', parrot, '--', mark],
      env: { NODE_OPTIONS: '--title=given', PATH: '/given', constructor: 'given', ['__proto__']: 'x' },
    }));
    const { env } = await toldBy(client);
    expect(env).toMatchObject({ NODE_OPTIONS: '--title=given', PATH: '/given' });
    expect(Object.getOwnPropertyDescriptor(env, 'constructor')?.value).toBe('given');
  });

  it('is the same for a client made from a config with a prototype of its own (row 47)', async () => {
    const polluted = Object.create({ LD_PRELOAD: '/evil.so', SENTINEL: 'inherited' }) as Record<string, string>;
    polluted['GIVEN'] = 'yes';
    const { client } = clientOf((mark) => ({
      command: process.execPath,
      args: ['-e', parrot, '--', mark],
      env: polluted,
    }));
    const { env } = await toldBy(client);
    expect(env['GIVEN']).toBe('yes');
    expect(Object.keys(env)).not.toContain('SENTINEL');
    expect(Object.keys(env)).not.toContain('LD_PRELOAD');
  });

  it('holds no shell function of ours (row 47)', async () => {
    vi.stubEnv('TERM', '() { :;}; echo owned');
    vi.stubEnv('BASH_FUNC_ls%%', '() { echo owned; }');
    const { client } = clientOf((mark) => ({ command: process.execPath, args: ['-e', parrot, '--', mark] }));
    const { env } = await toldBy(client);
    expect(JSON.stringify(env)).not.toContain('owned');
  });
});
