/** `{ command, ... }` as a user passes it, checked. */
import { z } from 'zod';
import { configFailure, FailureError } from '../../protocol/failure.js';
import type { StdioServer } from '../source.js';
import type { LogStream } from '../stdio/stderr-log.js';

const isLogStream = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['write', 'on'].every((name) => typeof value[name as keyof object] === 'function');

/** Of a command, all but the command itself. */
export const commandShape = {
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().optional(),
  inheritEnv: z.literal(true).or(z.array(z.string())).optional(),
  logFile: z
    .custom<string | LogStream>((value) => (typeof value === 'string' ? value !== '' : isLogStream(value)), {
      error: 'must be a path or a writable stream',
    })
    .optional(),
};

const command = z.strictObject({ command: z.string().min(1), ...commandShape });

/** @throws FailureError of kind `config`, naming what is wrong with the command. */
export function commandOf(server: unknown): StdioServer {
  const parsed = command.safeParse(server);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new FailureError(
    configFailure(
      'command',
      `a command is { command, args?, env?, inheritEnv?, cwd?, logFile? }; this one is not${where}: ${issue?.message ?? 'unknown'}`,
    ),
  );
}
