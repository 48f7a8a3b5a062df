import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
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
    server.link.close(0);
    await server.ended();
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

describe('what is left behind', () => {
  it('is nothing: no handle, and no listener for our own exit', async () => {
    const listeners = process.listenerCount('exit');
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    const servers = Array.from({ length: 12 }, () => serve(echoServer));
    await Promise.all(servers.map((server) => server.opened()));
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    for (const [at, server] of servers.entries()) {
      if (at % 3 === 0) server.link.kill();
      else server.link.close(5_000);
    }
    await Promise.all(servers.filter((_, at) => at % 3 !== 0).map((server) => server.ended()));
    expect(process.listenerCount('exit')).toBe(listeners);
    await expect.poll(handles).toEqual(handlesBefore);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('is nothing either when our own process exits without closing', async () => {
    const host = `
      import { systemClock } from './src/protocol/clock.ts';
      import { defaultLimits } from './src/protocol/limits.ts';
      import { stdioLink } from './src/transports/stdio.ts';
      const code = ${JSON.stringify(`${stubbornGrandchild} ${stubborn}`)};
      const link = stdioLink({ command: process.execPath, args: ['-e', code] }, { clock: systemClock, limits: defaultLimits });
      link.open({
        opened() {}, requestFailed() {}, suspected() {}, trusted() {}, lost() {}, ended() {},
        received([message]) {
          console.log(JSON.stringify([link.connection.pid, message.grandchild]));
          process.exit(0);
        },
      });
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      host,
    ]);
    const pids = JSON.parse(stdout) as number[];
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
  });
});
