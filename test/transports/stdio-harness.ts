/**
 * A link to a real child process, everything it tells in one log, and a way to wait for what it
 * tells instead of for time to pass.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../src/protocol/clock.js';
import { causeOf, type Failure } from '../../src/protocol/failure.js';
import type { Request } from '../../src/protocol/json-rpc.js';
import { defaultLimits, type Limits } from '../../src/protocol/limits.js';
import type { Link } from '../../src/transports/link.js';
import type { ProcessCause } from '../../src/transports/stdio/process.js';
import { stdioLink, type StdioOptions } from '../../src/transports/stdio.js';

export type Told =
  | { readonly what: 'opened' | 'suspected' | 'trusted' | 'ended' }
  | { readonly what: 'received'; readonly messages: readonly unknown[] }
  | { readonly what: 'requestFailed'; readonly id: number; readonly failure: Failure; readonly refused: boolean }
  | { readonly what: 'lost'; readonly failure: Failure; readonly answering: boolean };

/** A process asks for no authorization, and has no stream beside the one it has. */
const unheard = (): void => {
  throw new Error('told something that a process never has to say');
};

export interface Observed {
  readonly link: Link;
  readonly log: Told[];
  /** All messages received so far. */
  readonly messages: unknown[];
  readonly pid: number;
  /** Resolves as soon as `condition` holds; it is asked again after each event. */
  until(condition: () => boolean): Promise<void>;
  opened(): Promise<void>;
  lost(): Promise<Failure>;
  ended(): Promise<void>;
  /** Resolves when that many messages have been received. */
  received(count: number): Promise<readonly unknown[]>;
}

export interface Setting {
  readonly limits?: Partial<Limits>;
  readonly options?: Omit<StdioOptions, 'command'>;
  readonly clock?: Clock;
  /** Called inside each event, before anybody who waits for it. */
  readonly during?: (told: Told, link: Link) => void;
}

/** Opens a link to `node -e code` and kills what is left of it after the test. */
export function serve(code: string, setting: Setting = {}): Observed {
  return observe({ command: process.execPath, args: ['-e', code], ...setting.options }, setting);
}

export function observe(options: StdioOptions, { limits, during, clock = systemClock }: Setting = {}): Observed {
  const link = stdioLink(options, { clock, limits: { ...defaultLimits, ...limits } });
  const log: Told[] = [];
  const messages: unknown[] = [];
  const waiting = new Set<() => void>();
  let pid = 0;

  const tell = (told: Told): void => {
    log.push(told);
    if (told.what === 'received') for (const message of told.messages) messages.push(message);
    if (link.connection?.kind === 'stdio') pid = link.connection.pid;
    during?.(told, link);
    for (const check of waiting) check();
  };
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const saw = (what: Told['what']): boolean => log.some((told) => told.what === what);

  onTestFinished(() => {
    link.kill();
  });
  link.open({
    opened: () => {
      tell({ what: 'opened' });
    },
    received: (values) => {
      tell({ what: 'received', messages: values });
    },
    requestFailed: (id, failure, refused) => {
      tell({ what: 'requestFailed', id, failure, refused });
    },
    suspected: () => {
      tell({ what: 'suspected' });
    },
    trusted: () => {
      tell({ what: 'trusted' });
    },
    challenged: unheard,
    authorized: unheard,
    denied: unheard,
    degraded: unheard,
    restored: unheard,
    lost: (failure, answering) => {
      tell({ what: 'lost', failure, answering });
    },
    ended: () => {
      tell({ what: 'ended' });
    },
  });

  return {
    link,
    log,
    messages,
    get pid() {
      return pid;
    },
    until,
    opened: () => until(() => saw('opened')),
    ended: () => until(() => saw('ended')),
    async lost() {
      await until(() => saw('lost'));
      const told = log.find((one) => one.what === 'lost');
      if (told?.what !== 'lost') throw new Error('unreachable');
      return told.failure;
    },
    async received(count) {
      await until(() => messages.length >= count || saw('lost') || saw('ended'));
      if (messages.length < count)
        throw new Error(`only ${String(messages.length)} messages before ${inspect(log.at(-1))}`);
      return messages;
    },
  };
}

/** A clock that stands still: what happens now happens without waiting for any time to pass. */
export const stoppedClock: Clock = { now: () => 0, setTimeout: () => null, clearTimeout: () => undefined };

/** Holds the whole program up, as a slow listener would. */
export const stall = (time: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
};

export const names = (log: readonly Told[]): string[] => log.map((told) => told.what);

export const causeOfLoss = (failure: Failure): ProcessCause => causeOf(failure) as ProcessCause;

export const request = (id: number, params: Record<string, unknown> = {}): Request => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params,
});

/** The beginning of a server: calls `answer(message)` for each line, and has `say(value)`. */
export const lineServer = (answer: string): string => `
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line);
    ${answer}
  });
`;

/** Answers each request with the number of characters of its parameters. */
export const echoServer = lineServer(
  `if ('id' in message) say({ jsonrpc: '2.0', id: message.id, result: { length: JSON.stringify(message.params).length } });`,
);

/** Whether a process runs. A zombie does not: it only waits to be collected, and here that takes a second. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || stateOf(pid)?.state !== 'Z';
}

/** The processes of a group that run. */
export function runningIn(group: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && stateOf(pid)?.group === group && isRunning(pid));
}

function stateOf(pid: number): { state: string; group: number } | null {
  try {
    // pid (command, which may hold anything) state ppid pgrp ...
    const [state = '', , group] = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state, group: Number(group) };
  } catch {
    return null;
  }
}
