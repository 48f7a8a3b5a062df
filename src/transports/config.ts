/** Server configuration as other clients write it: `{ "mcpServers": { "name": { ... } } }`. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { configFailure, FailureError } from '../protocol/failure.js';

const stdioEntry = z.looseObject({
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().optional(),
});

const command = z.strictObject(stdioEntry.shape);

/** @throws FailureError of kind `config`, naming what is wrong with the command. */
export function commandOf(server: unknown): StdioEntry {
  const parsed = command.safeParse(server);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new FailureError(
    configFailure(
      'command',
      `a command is { command, args?, env?, cwd? }; this one is not${where}: ${issue?.message ?? 'unknown'}`,
    ),
  );
}

const httpEntry = z.looseObject({
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).optional(),
});

const entrySchema = z.union([stdioEntry, httpEntry], { error: 'needs a "command" or an http(s) "url"' });
const serversSchema = z.record(z.string(), entrySchema);

type StdioEntry = z.infer<typeof stdioEntry>;
type Entry = StdioEntry | z.infer<typeof httpEntry>;

export const isStdioEntry = (entry: Entry): entry is StdioEntry => 'command' in entry;

/** A config object; servers at its root are taken as if they stood under `mcpServers`. */
export type ServerConfig =
  { readonly mcpServers: Readonly<Record<string, unknown>> } | Readonly<Record<string, Record<string, unknown>>>;

export const isConfig = (value: unknown): value is ServerConfig =>
  typeof value === 'object' &&
  value !== null &&
  ('mcpServers' in value ||
    Object.values(value).some(
      (entry) => typeof entry === 'object' && entry !== null && ('command' in entry || 'url' in entry),
    ));

/** @throws FailureError of kind `config`, naming what is wrong and where. */
export function onlyServer(config: ServerConfig): { readonly name: string; readonly entry: Entry } {
  const parsed = serversSchema.safeParse('mcpServers' in config ? config.mcpServers : config);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = ['mcpServers', ...(issue?.path ?? [])].join('.');
    throw new FailureError(
      configFailure('config', `the config is not valid at ${where}: ${issue?.message ?? 'unknown'}`),
    );
  }
  const [first, ...others] = Object.entries(parsed.data);
  if (first === undefined) throw new FailureError(configFailure('config_empty', 'the config names no server'));
  if (others.length > 0) {
    const names = [first, ...others].map(([name]) => name).join(', ');
    throw new FailureError(
      configFailure('config_servers', `a client talks to one server, and the config names ${names}; pass one of them`),
    );
  }
  return { name: first[0], entry: first[1] };
}

/** @throws FailureError of kind `config` when the file cannot be read or is not JSON. */
export async function readConfigFile(path: string): Promise<ServerConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new FailureError(
      configFailure('config_file', `the config file ${JSON.stringify(path)} cannot be read`, error),
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FailureError(configFailure('config_file', `the config file ${JSON.stringify(path)} is not JSON`, error));
  }
  if (!isConfig(value)) {
    throw new FailureError(
      configFailure('config_file', `the config file ${JSON.stringify(path)} names no server: it needs "mcpServers"`),
    );
  }
  return value;
}
