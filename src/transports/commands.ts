/**
 * Commands for the usual ways of starting a server: what each runner wants on its command line. What
 * they make is plain data, and may be looked at, changed, and passed to any number of clients.
 */
import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { z } from 'zod';
import { configFailure, FailureError } from '../protocol/failure.js';
import { commandShape } from './config/command.js';
import type { StdioServer } from './source.js';

/** What can be said of any command. */
export type CommandOptions = Omit<StdioServer, 'command'>;

/** For `python()`. */
export interface PythonOptions extends CommandOptions {
  /** The interpreter. Default `python3`; `python` on Windows. */
  readonly pythonCmd?: string | undefined;
}

/** For `node()`. */
export interface NodeOptions extends CommandOptions {
  /** The interpreter. Default: the one that runs this program. */
  readonly nodeCmd?: string | undefined;
}

/** For `npx()`. */
export interface NpxOptions extends Omit<CommandOptions, 'cwd'> {
  /** Where it runs. Default: here. */
  readonly projectDirectory?: string | undefined;
  /** Whether what is on this machine is preferred to what the registry has (`--prefer-offline`). Default true. */
  readonly usePackageLock?: boolean | undefined;
}

/** For `uvx()`. */
export interface UvxOptions extends Omit<CommandOptions, 'cwd'> {
  /** Where it runs. Default: here. */
  readonly projectDirectory?: string | undefined;
  readonly pythonVersion?: string | undefined;
  /** Packages to install beside the tool. */
  readonly withPackages?: readonly string[] | undefined;
  /** The package that has the tool, where their names differ. */
  readonly fromPackage?: string | undefined;
}

/** For `uv()`. */
export interface UvOptions extends CommandOptions {
  /** Whether the command is the name of a Python module. Default false. */
  readonly module?: boolean | undefined;
  /** The project whose environment it runs in. */
  readonly projectDirectory?: string | undefined;
  readonly pythonVersion?: string | undefined;
  readonly withPackages?: readonly string[] | undefined;
  /** A file of requirements to install. */
  readonly withRequirements?: string | undefined;
}

const text = z.string().min(1).optional();
const shape = z.strictObject(commandShape);
const withinProject = shape.omit({ cwd: true }).extend({ projectDirectory: text });
const ofPython = { pythonVersion: text, withPackages: z.array(z.string().min(1)).optional() };

const schemas = {
  python: shape.extend({ pythonCmd: text }),
  node: shape.extend({ nodeCmd: text }),
  fastmcpRun: shape,
  npx: withinProject.extend({ usePackageLock: z.boolean().optional() }),
  uvx: withinProject.extend({ ...ofPython, fromPackage: text }),
  uv: shape.extend({ ...ofPython, projectDirectory: text, module: z.boolean().optional(), withRequirements: text }),
} as const;

export function pythonServer(script: string, options: PythonOptions = {}): StdioServer {
  const { pythonCmd, args = [], ...rest } = checked('python', options);
  const path = scriptAt(script, rest.cwd, ['.py'], 'Python');
  const python = pythonCmd ?? (process.platform === 'win32' ? 'python' : 'python3');
  return { ...rest, command: python, args: [path, ...args] };
}

export function nodeServer(script: string, options: NodeOptions = {}): StdioServer {
  const { nodeCmd, args = [], ...rest } = checked('node', options);
  const path = scriptAt(script, rest.cwd, ['.js', '.mjs', '.cjs'], 'JavaScript');
  return { ...rest, command: nodeCmd ?? process.execPath, args: [path, ...args] };
}

export function fastmcpServer(script: string, options: CommandOptions = {}): StdioServer {
  const { args = [], ...rest } = checked('fastmcpRun', options);
  const path = scriptAt(script, rest.cwd, ['.py', '.json'], 'Python');
  return { ...rest, command: 'fastmcp', args: ['run', path, ...(args.length > 0 ? ['--', ...args] : [])] };
}

export function npxServer(name: string, options: NpxOptions = {}): StdioServer {
  const { projectDirectory, usePackageLock = true, args = [], ...rest } = checked('npx', options);
  // Nobody is there to be asked whether it may be installed.
  const flags = ['--yes', ...(usePackageLock ? ['--prefer-offline'] : [])];
  return { ...rest, ...inDirectory(projectDirectory), command: 'npx', args: [...flags, named(name, 'npx'), ...args] };
}

export function uvxServer(tool: string, options: UvxOptions = {}): StdioServer {
  const {
    projectDirectory,
    pythonVersion,
    withPackages = [],
    fromPackage,
    args = [],
    ...rest
  } = checked('uvx', options);
  const flags = [
    ...flag('--python', pythonVersion),
    ...flag('--from', fromPackage),
    ...withPackages.flatMap((name) => flag('--with', name)),
  ];
  return { ...rest, ...inDirectory(projectDirectory), command: 'uvx', args: [...flags, named(tool, 'uvx'), ...args] };
}

export function uvServer(command: string, options: UvOptions = {}): StdioServer {
  const {
    module = false,
    projectDirectory,
    pythonVersion,
    withPackages = [],
    withRequirements,
    args = [],
    ...rest
  } = checked('uv', options);
  const flags = [
    ...flag('--python', pythonVersion),
    ...flag('--directory', projectDirectory === undefined ? undefined : directory(projectDirectory)),
    ...withPackages.flatMap((name) => flag('--with', name)),
    ...flag('--with-requirements', withRequirements),
    ...(module ? ['--module'] : []),
  ];
  return { ...rest, command: 'uv', args: ['run', ...flags, named(command, 'uv'), ...args] };
}

/** In one piece: a value that begins with a dash is a value all the same. */
const flag = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [`${name}=${value}`]);

const inDirectory = (path: string | undefined): { cwd?: string } =>
  path === undefined ? {} : { cwd: directory(path) };

function directory(path: string): string {
  const full = resolve(path);
  if (statSync(full, { throwIfNoEntry: false })?.isDirectory() === true) return full;
  throw refusal('directory_missing', `there is no project directory at ${JSON.stringify(path)}`);
}

function scriptAt(path: unknown, cwd: string | undefined, suffixes: readonly string[], language: string): string {
  if (typeof path !== 'string') throw refusal('script', 'the path of a script is a string');
  const script = resolve(cwd ?? '.', path);
  if (!existsSync(script)) {
    throw refusal('script_missing', `Script not found: ${JSON.stringify(path)} (looked for ${script})`);
  }
  if (suffixes.includes(extname(script).toLowerCase())) return script;
  throw refusal('script_type', `Not a ${language} script: ${JSON.stringify(path)} (expected ${suffixes.join(', ')})`);
}

/** What is to be run. As the first thing that is no option it must not look like one. */
function named(name: unknown, runner: string): string {
  if (typeof name === 'string' && name !== '' && !name.startsWith('-')) return name;
  throw refusal('command_name', `${runner} needs the name of what to run, which does not begin with a dash`);
}

function checked<K extends keyof typeof schemas>(runner: K, options: unknown): z.infer<(typeof schemas)[K]> {
  const parsed = schemas[runner].safeParse(options);
  if (parsed.success) return parsed.data as z.infer<(typeof schemas)[K]>;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw refusal('command', `the options of ${runner}() are not valid: ${where}${issue?.message ?? 'unknown'}`);
}

const refusal = (code: string, message: string): FailureError => new FailureError(configFailure(code, message));
