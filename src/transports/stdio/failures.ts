/** The failures of a server process, in words: what happened, and what to do about it. */
import { existsSync } from 'node:fs';
import { configFailure, failure, type Failure } from '../../protocol/failure.js';
import { LogError, type ProcessCause, type StdioOptions } from './process.js';

/** The machine was short of something, and may have it a moment later. */
const PASSING: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

/** It never ran. */
export function notStarted(error: unknown, options: StdioOptions): Failure {
  if (error instanceof LogError) {
    const where = typeof options.logFile === 'string' ? ` ${JSON.stringify(options.logFile)}` : '';
    return configFailure('log_file', `the log file${where} of the server process cannot be opened`, error.cause);
  }
  const code = codeOf(error);
  return failure(
    {
      kind: 'connection',
      code,
      message: `cannot start the server process: ${explain(code, options)}`,
      executed: 'no',
      retryable: PASSING.has(code),
    },
    withoutArguments(error, code),
  );
}

export function processExited(cause: ProcessCause): Failure {
  const how = cause.signal === null ? `exited with code ${String(cause.exitCode)}` : `was killed by ${cause.signal}`;
  const hint = cause.stderr === '' ? '' : '; the end of its stderr is in the cause';
  return lost('process_exited', `the server process ${how}${hint}`, cause);
}

export function stdoutClosed(cause: ProcessCause): Failure {
  return lost('stdout_closed', 'the server process closed its stdout, though it has not exited', cause);
}

export function stdinClosed(cause: ProcessCause): Failure {
  return lost('stdin_closed', 'the server process closed its stdin, though it has not exited', cause);
}

/** It was alive when it was told to end, whatever made it exit after that. */
export function stillRunning(stderr: string): Failure {
  const cause: ProcessCause = { exitCode: null, signal: null, stderr };
  return lost('process_silent', 'the server process was running; the end of its stderr is in the cause', cause);
}

/**
 * Where the next message would start is unknown, so the link is lost. Retryable all the same: one
 * answer that is too long must not take the server away from everybody else for good.
 */
export function messageTooLarge(messageBytes: number, cause: ProcessCause): Failure {
  const message = `the server sent a message of more than ${String(messageBytes)} bytes; limits.messageBytes allows no more`;
  return failure({ kind: 'limit', code: 'message_too_large', message, executed: 'maybe', retryable: true }, cause);
}

export function backpressure(waiting: number): Failure {
  return {
    kind: 'limit',
    code: 'backpressure',
    message: `the server does not read its stdin: ${String(waiting)} characters are waiting to be sent`,
    executed: 'no',
    retryable: true,
  };
}

export function notSerialisable(error: unknown): Failure {
  return failure(
    {
      kind: 'config',
      code: 'not_serialisable',
      message: 'the message cannot be written as JSON; its parameters may hold a BigInt or refer to themselves',
      executed: 'no',
      retryable: false,
    },
    error,
  );
}

/** What was handed over to a link that is closed or was never opened. */
export function notOpen(): Failure {
  return {
    kind: 'closed',
    code: 'closed',
    message: 'the connection to the server process is closed',
    executed: 'no',
    retryable: true,
  };
}

/** What was handed over after the loss: for that reason too, but it cannot have arrived. */
export function neverSent(because: Failure): Failure {
  return { ...because, executed: 'no', because };
}

function lost(code: string, message: string, cause: ProcessCause): Failure {
  return failure({ kind: 'connection', code, message, executed: 'maybe', retryable: true }, cause);
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : 'spawn_failed';
}

function explain(code: string, { command, cwd }: StdioOptions): string {
  switch (code) {
    case 'ENOENT':
      // The kernel says the same of a directory and of a command.
      if (cwd !== undefined && !existsSync(cwd)) return `its directory "${cwd}" does not exist, correct "cwd"`;
      return command.includes('/')
        ? `"${command}" does not exist, or the interpreter that its first line names does not`
        : `"${command}" is not on the PATH, install it or give its full path`;
    case 'ENOTDIR':
      return `"${cwd ?? command}" is not a directory, or leads through something that is not`;
    case 'EACCES':
      return `"${command}"${cwd === undefined ? '' : ` in "${cwd}"`} may not be executed, check its permissions`;
    case 'E2BIG':
      return `"${command}" was given more arguments or environment than the system allows`;
    case 'ERR_INVALID_ARG_VALUE':
    case 'ERR_INVALID_ARG_TYPE':
      return `"${command}", its arguments, environment or directory cannot be passed on: an empty command, a NUL character, or something that is no string`;
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open, close some connections or raise the limit (ulimit -n)';
    default:
      return `"${command}" failed with ${code}`;
  }
}

/**
 * Node's errors quote arguments and environment, where callers put secrets, in their message
 * (`Received '...'`) and in `spawnargs`. The rest is worth keeping.
 */
function withoutArguments(error: unknown, code: string): Error {
  const message = error instanceof Error ? error.message.replace(/ Received [^]*$/, '') : code;
  return Object.assign(new Error(message), { code });
}
