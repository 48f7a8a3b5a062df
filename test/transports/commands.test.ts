/** The makers of commands: what each runner gets on its command line. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, ConfigError, fastmcpRun, node, npx, python, sse, uv, uvx, type StdioServer } from '../../src/index.js';
import { textOf } from '../support/results.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
  await Promise.all(
    ['server.py', 'server.js', 'server.json', 'server.rb'].map((name) => writeFile(join(folder, name), '')),
  );
  await mkdir(join(folder, 'project'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

/** The command line, as it would be typed. */
const line = ({ command, args = [] }: StdioServer): string => [command, ...args].join(' ').replaceAll(folder, '.');

describe('a command for', () => {
  it('a Python script is python3 and its full path', () => {
    expect(line(python(at('server.py')))).toBe('python3 ./server.py');
    const made = python('server.py', {
      cwd: folder,
      pythonCmd: 'python3.12',
      args: ['--verbose'],
      env: { A: 'b' },
      inheritEnv: ['PYTHONPATH'],
      logFile: 'server.log',
    });
    expect(made).toEqual({
      command: 'python3.12',
      args: [at('server.py'), '--verbose'],
      cwd: folder,
      env: { A: 'b' },
      inheritEnv: ['PYTHONPATH'],
      logFile: 'server.log',
    });
  });

  it('a JavaScript file is the Node that runs us, or another', () => {
    expect(line(node(at('server.js'), { args: ['x'] }))).toBe(`${process.execPath} ./server.js x`);
    expect(line(node(at('server.js'), { nodeCmd: 'node22' }))).toBe('node22 ./server.js');
  });

  it('a FastMCP script is fastmcp run, and its own arguments come behind two dashes', () => {
    expect(line(fastmcpRun(at('server.py')))).toBe('fastmcp run ./server.py');
    expect(line(fastmcpRun(at('server.json'), { args: ['--debug'] }))).toBe('fastmcp run ./server.json -- --debug');
  });

  it('an npm package is npx, which asks nobody, and looks here before it looks elsewhere', () => {
    const made = npx('server@1.2.3', { args: ['stdio'], projectDirectory: at('project') });
    expect(line(made)).toBe('npx --yes --prefer-offline server@1.2.3 stdio');
    expect(made.cwd).toBe(at('project'));
    expect(line(npx('server', { usePackageLock: false }))).toBe('npx --yes server');
  });

  it('a Python tool is uvx', () => {
    expect(line(uvx('tool'))).toBe('uvx tool');
    const made = uvx('tool', {
      pythonVersion: '3.12',
      fromPackage: 'package',
      withPackages: ['a', 'b'],
      args: ['--x'],
      projectDirectory: at('project'),
    });
    expect(line(made)).toBe('uvx --python=3.12 --from=package --with=a --with=b tool --x');
    expect(made.cwd).toBe(at('project'));
  });

  it('a command or module of a Python project is uv run', () => {
    expect(line(uv('tool'))).toBe('uv run tool');
    const made = uv('my_server', {
      module: true,
      pythonVersion: '3.12',
      projectDirectory: at('project'),
      withPackages: ['a'],
      withRequirements: 'requirements.txt',
      args: ['--x'],
    });
    expect(line(made)).toBe(
      'uv run --python=3.12 --directory=./project --with=a --with-requirements=requirements.txt --module my_server --x',
    );
  });
});

describe('what cannot be run is a ConfigError where it is made', () => {
  it.each([
    ['a script that is not there', () => python('/nowhere/server.py'), /Script not found: "\/nowhere\/server\.py"/],
    ['a script of another language', () => python(at('server.js')), /Not a Python script/],
    ['a script that Node does not run', () => node(at('server.py')), /Not a JavaScript script/],
    ['what FastMCP does not run', () => fastmcpRun(at('server.rb')), /Not a Python script/],
    ['a path that is none', () => python(undefined as never), /is a string/],
    ['a project that is not there', () => uv('tool', { projectDirectory: '/nowhere' }), /no project directory/],
    ['a project that is a file', () => npx('a', { projectDirectory: at('server.py') }), /no project directory/],
    ['a package that looks like an option', () => npx('--call=rm'), /begin with a dash/],
    ['a tool that looks like an option', () => uvx('-x'), /begin with a dash/],
    ['no command', () => uv(''), /needs the name/],
    ['an option that there is not', () => python(at('server.py'), { keepAlive: true } as never), /keepAlive/],
    ['args that are no list', () => node(at('server.js'), { args: 'x' as never }), /node\(\).*args/],
    ['a log that is none', () => node(at('server.js'), { logFile: {} as never }), /path or a writable stream/],
    ['an SSE server without a URL', () => sse('my-server'), /not a URL/],
    ['an SSE server of another protocol', () => sse('ftp://h'), /begins with http/],
    ['headers that are none', () => sse('http://h', { headers: { a: 1 } as never }), /headers\.a|headers/],
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

describe('what a maker makes', () => {
  const server = `
    import readline from 'node:readline';
    readline.createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      if (id === undefined) return;
      const result = method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'made', version: '1' } }
        : { content: [{ type: 'text', text: process.argv.slice(2).join(' ') }] };
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
    });
  `;

  it('is a source, whose arguments reach the server as they are', async () => {
    await writeFile(at('server.mjs'), server);
    const client = new Client(node('server.mjs', { cwd: folder, args: ['$HOME', '; ls', '--', '*'] }));
    expect(await client.use((lease) => textOf(lease, 'any'))).toBe('$HOME ; ls -- *');
  });
});
