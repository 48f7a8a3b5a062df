import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../src/protocol/clock.js';
import { Termination, type Mortal } from '../../src/transports/stdio/termination.js';
import { echoServer, isRunning, names, observe, request, runningIn, serve, stoppedClock } from './stdio-harness.js';

const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;

/** Says its pid, holds the stdout of whoever started it, and answers no signal that can be ignored. */
const stubbornGrandchild = `
  require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(`${stubborn} console.log(JSON.stringify({ grandchild: process.pid }))`)}], { stdio: 'inherit' });
`;

const grandchildOf = (message: unknown): number => (message as { grandchild: number }).grandchild;

const elapsed = async (work: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

describe('closing', () => {
  it('ends a server that exits at the end of its stdin: no time has to pass', async () => {
    const server = serve(echoServer, { clock: stoppedClock });
    await server.opened();
    server.link.send([request(1)]);
    await server.received(1);
    server.link.close(60_000);
    await server.ended();
    expect(isRunning(server.pid)).toBe(false);
    expect(names(server.log)).toEqual(['opened', 'received', 'ended']);
  });

  it('sends SIGTERM to a server that stays', async () => {
    const server = serve(`
      process.on('SIGTERM', () => { process.stdout.write('{"jsonrpc":"2.0","method":"terminated"}\\n', () => process.exit(0)); });
      process.stdout.write('{"jsonrpc":"2.0","method":"ready"}\\n');
      setInterval(() => {}, 1000);
    `);
    await server.received(1);
    const time = await elapsed(() => {
      server.link.close(1_000);
      return server.ended();
    });
    expect(time).toBeGreaterThan(390);
    expect(server.messages).toMatchObject([{ method: 'ready' }, { method: 'terminated' }]);
  });

  it('leaves neither a server that ignores SIGTERM nor a grandchild that holds its stdout', async () => {
    const server = serve(`${stubbornGrandchild} ${stubborn}`);
    const [hello] = await server.received(1);
    expect(runningIn(server.pid)).toHaveLength(2);
    server.link.close(500);
    await server.ended();
    expect(isRunning(server.pid)).toBe(false);
    expect(isRunning(grandchildOf(hello))).toBe(false);
    expect(runningIn(server.pid)).toEqual([]);
  });

  it('does not make anybody wait for the whole ladder when only a grandchild stays', async () => {
    const server = serve(`${stubbornGrandchild} process.stdin.on('end', () => process.exit(0)).resume();`);
    const [hello] = await server.received(1);
    const time = await elapsed(() => {
      server.link.close(60_000);
      return server.ended();
    });
    expect(time).toBeLessThan(3_000);
    expect(isRunning(grandchildOf(hello))).toBe(false);
  });

  it('is only shortened by closing again', async () => {
    const server = serve(stubborn);
    await server.opened();
    const time = await elapsed(() => {
      server.link.close(60_000);
      server.link.close(500);
      server.link.close(60_000);
      return server.ended();
    });
    expect(time).toBeLessThan(3_000);
    expect(isRunning(server.pid)).toBe(false);
    expect(names(server.log)).toEqual(['opened', 'ended']);
  });

  it('with no time at all kills at once, and still tells the truth about the end', async () => {
    const server = serve(stubborn);
    await server.opened();
    const time = await elapsed(() => {
      server.link.close(0);
      return server.ended();
    });
    expect(time).toBeLessThan(500);
    expect(isRunning(server.pid)).toBe(false);
  });

  it('ends a server that has been stopped, which no other signal reaches', async () => {
    const server = serve(echoServer);
    await server.opened();
    process.kill(server.pid, 'SIGSTOP');
    server.link.close(300);
    await server.ended();
    expect(isRunning(server.pid)).toBe(false);
  });

  it('reaps what a server left behind when it exited', async () => {
    const server = serve(`${stubbornGrandchild} setTimeout(() => process.exit(1), 1000)`);
    const [hello] = await server.received(1);
    await server.lost();
    expect(isRunning(grandchildOf(hello))).toBe(true);
    server.link.close(5_000);
    await server.ended();
    expect(isRunning(grandchildOf(hello))).toBe(false);
  });

  it('answers before the process has started, and after it could not', async () => {
    const early = serve(echoServer);
    early.link.close(1_000);
    await early.ended();
    expect(names(early.log)).toEqual(['ended']);
    const never = observe({ command: 'no-such-mcp-server' });
    never.link.close(1_000);
    await never.ended();
    expect(names(never.log)).toEqual(['ended']);
  });

  it('can be asked for from inside a message, and nothing is told after the end', async () => {
    const server = serve(echoServer, {
      during: (told, link) => {
        if (told.what === 'received') link.close(1_000);
        if (told.what === 'ended') link.close(1_000);
      },
    });
    await server.opened();
    server.link.send([request(1)]);
    await server.ended();
    expect(names(server.log)).toEqual(['opened', 'received', 'ended']);
  });

  it('refuses what is sent after it', async () => {
    const server = serve(echoServer);
    await server.opened();
    server.link.close(1_000);
    const told: unknown[] = [];
    server.link.send([request(1)], (failure) => told.push(failure));
    expect(told).toMatchObject([{ kind: 'closed', executed: 'no' }]);
    await server.ended();
    server.link.send([request(2)], (failure) => told.push(failure));
    expect(told).toHaveLength(2);
    expect(names(server.log)).toEqual(['opened', 'requestFailed', 'ended']);
  });
});

describe('a server that does not read', () => {
  const deaf = `console.log('{"jsonrpc":"2.0","method":"ready"}'); setInterval(() => {}, 1000);`;
  const eight = 'x'.repeat(8 * 1024 * 1024);

  it('is closed in time, 8 MB on their way or not', async () => {
    const server = serve(deaf);
    await server.received(1);
    const told: unknown[] = [];
    server.link.send([request(1, { text: eight })], (failure) => told.push(failure));
    expect(told).toEqual([null]);
    server.link.close(500);
    await server.ended();
    expect(isRunning(server.pid)).toBe(false);
  });

  it('is lost like any other when it dies, 8 MB on their way or not', async () => {
    const server = serve(deaf);
    await server.received(1);
    server.link.send([request(1, { text: eight })]);
    process.kill(server.pid, 'SIGKILL');
    expect(await server.lost()).toMatchObject({ code: 'process_exited', executed: 'maybe' });
  });

  it('has requests refused when too much is waiting for it', async () => {
    const server = serve(deaf, { limits: { messageBytes: 1024 * 1024 } });
    await server.received(1);
    server.link.send([request(1, { text: eight })]);
    const told: unknown[] = [];
    server.link.send([request(2), { jsonrpc: '2.0', method: 'notifications/x' }], (failure) => told.push(failure));
    const refusal = { kind: 'limit', code: 'backpressure', executed: 'no' };
    expect(told).toMatchObject([refusal]);
    expect(server.log.at(-1)).toMatchObject({ what: 'requestFailed', id: 2, failure: refusal, refused: false });
    expect(names(server.log)).not.toContain('lost');
  });
});

describe('killing', () => {
  it('leaves no process and says nothing', async () => {
    const server = serve(`${stubbornGrandchild} ${stubborn}`);
    const [hello] = await server.received(1);
    const before = server.log.length;
    server.link.kill();
    await expect.poll(() => isRunning(server.pid) || isRunning(grandchildOf(hello))).toBe(false);
    server.link.close(0);
    expect(server.log).toHaveLength(before);
    expect(server.link.connection).toBeNull();
  });

  it('is silent about a command that was about to fail', async () => {
    const server = observe({ command: 'no-such-mcp-server' });
    server.link.kill();
    await new Promise(setImmediate);
    expect(server.log).toEqual([]);
  });
});

const handles = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((name) => /Process|Pipe|Socket|Immediate/.test(name))
    .sort();
/** Before any test of this file. */
const handlesBefore = handles();

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Host {
  /** Of the server that it started, and of what that has started: neither ends unless it is killed. */
  readonly pids: readonly number[];
  readonly end: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** A process of its own that holds a link. It runs `before` at its start, and `ready` once the server runs. */
async function hostOf(ready: string, before = ''): Promise<Host> {
  const host = `
    import { systemClock } from './src/protocol/clock.ts';
    import { defaultLimits } from './src/protocol/limits.ts';
    import { stdioLink } from './src/transports/stdio.ts';
    ${before}
    setInterval(() => {}, 1000);
    const code = ${JSON.stringify(`${stubbornGrandchild} ${stubborn}`)};
    const link = stdioLink({ command: process.execPath, args: ['-e', code] }, { clock: systemClock, limits: defaultLimits });
    link.open({
      opened() {}, requestFailed() {}, suspected() {}, trusted() {}, challenged() {}, authorized() {}, denied() {}, degraded() {}, restored() {}, lost() {}, ended() {},
      received([message]) {
        console.log(JSON.stringify([link.connection.pid, message.grandchild]));
        ${ready}
      },
    });
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', host], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  let pids: number[] = [];
  onTestFinished(() => {
    child.kill('SIGKILL');
    for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  pids = JSON.parse(String(line)) as number[];
  expect(pids).toHaveLength(2);
  return { pids, end, kill: (signal) => child.kill(signal) };
}

describe('what is left behind', () => {
  it('is nothing: no handle, and no listener for our own end', async () => {
    const listeners = process.listenerCount('exit');
    const signalListeners = signals.map((signal) => process.listenerCount(signal));
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    const servers = Array.from({ length: 12 }, () => serve(echoServer));
    await Promise.all(servers.map((server) => server.opened()));
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    expect(signals.map((signal) => process.listenerCount(signal))).toEqual(signalListeners.map((count) => count + 1));
    for (const [at, server] of servers.entries()) {
      if (at % 3 === 0) server.link.kill();
      else server.link.close(5_000);
    }
    await Promise.all(servers.filter((_, at) => at % 3 !== 0).map((server) => server.ended()));
    expect(process.listenerCount('exit')).toBe(listeners);
    expect(signals.map((signal) => process.listenerCount(signal))).toEqual(signalListeners);
    await expect.poll(handles).toEqual(handlesBefore);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('is nothing either when our own process exits without closing [3.3.8]', async () => {
    const host = await hostOf('process.exit(0);');
    expect(await host.end).toEqual({ code: 0, signal: null });
    await expect.poll(() => host.pids.filter(isRunning)).toEqual([]);
  });

  it.each(signals)('is nothing when our own process dies by %s, which it does', async (signal) => {
    const host = await hostOf('');
    host.kill(signal);
    expect(await host.end).toEqual({ code: null, signal });
    await expect.poll(() => host.pids.filter(isRunning)).toEqual([]);
  });

  it.each(['on', 'once'])('is for a host to decide that listens to the signal itself (%s)', async (method) => {
    const host = await hostOf('', `process.${method}('SIGINT', () => setTimeout(() => process.exit(7), 500));`);
    host.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(host.pids.filter(isRunning)).toHaveLength(2);
    expect(await host.end).toEqual({ code: 7, signal: null });
    await expect.poll(() => host.pids.filter(isRunning)).toEqual([]);
  });

  it('is nothing when a host listened once, stayed, and is interrupted again', async () => {
    const host = await hostOf('', `process.once('SIGINT', () => {});`);
    host.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(host.pids.filter(isRunning)).toHaveLength(2);
    host.kill('SIGINT');
    expect(await host.end).toEqual({ code: null, signal: 'SIGINT' });
    await expect.poll(() => host.pids.filter(isRunning)).toEqual([]);
  });

  it('is nothing when the only others who listen let the process die if nobody else does', async () => {
    // As the package `signal-exit` does, which a spinner or a prompt brings along.
    const host = await hostOf(
      '',
      `
      globalThis[Symbol.for('signal-exit emitter')] = { count: 1 };
      const only = () => {
        if (process.listenerCount('SIGINT') > 1) return;
        process.removeListener('SIGINT', only);
        process.kill(process.pid, 'SIGINT');
      };
      process.on('SIGINT', only);
    `,
    );
    host.kill('SIGINT');
    expect(await host.end).toEqual({ code: null, signal: 'SIGINT' });
    await expect.poll(() => host.pids.filter(isRunning)).toEqual([]);
  });
});

describe('the time a link is closed within', () => {
  /** When what happens, for a group that no signal can end. */
  const ladder = (within: number, gone = Infinity): Record<string, number> => {
    const told: Record<string, number> = {};
    let now = 0;
    let due: { at: number; run: () => void } | null = null;
    const clock: Clock = {
      now: () => now,
      setTimeout: (run, delay) => (due = { at: now + delay, run }),
      clearTimeout: () => {
        due = null;
      },
    };
    const mortal: Mortal = {
      exited: false,
      get gone() {
        return now >= gone;
      },
      endStdin: () => undefined,
      signal: (signal) => {
        told[signal] = now;
      },
    };
    const termination = new Termination(mortal, clock, () => {
      told['end'] = now;
    });
    termination.within(within);
    for (let next = due as { at: number; run: () => void } | null; told['end'] === undefined && next !== null;) {
      now = next.at;
      next.run();
      next = due;
    }
    return told;
  };

  it('leaves some of it for what SIGKILL takes', () => {
    expect(ladder(10_000)).toEqual({ SIGTERM: 4_000, SIGKILL: 8_000, end: 10_000 });
    expect(ladder(1_000)).toEqual({ SIGTERM: 400, SIGKILL: 800, end: 1_000 });
    expect(ladder(300)).toEqual({ SIGTERM: 100, SIGKILL: 200, end: 400 });
    expect(ladder(100)).toEqual({ SIGTERM: 0, SIGKILL: 0, end: 200 });
    expect(ladder(0)).toEqual({ SIGTERM: 0, SIGKILL: 0, end: 200 });
  });

  it('is never exceeded by more than 200 ms, though nothing may be able to end the group', () => {
    for (let within = 0; within < 3_000; within += 10) expect(ladder(within)['end']).toBeLessThanOrEqual(within + 200);
  });
});
