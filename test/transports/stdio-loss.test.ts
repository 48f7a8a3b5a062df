import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  causeOfLoss,
  echoServer,
  isRunning,
  lineServer,
  names,
  request,
  serve,
  stall,
  stoppedClock,
} from './stdio-harness.js';

/** Holds the stdout of the process that starts it, for longer than any test. */
const grandchild = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })`;

describe('a server that exits', () => {
  it('is lost with its exit code and the end of its stderr, after its last answer', async () => {
    const server = serve(
      lineServer(`
      if (message.id !== 7) return;
      say({ jsonrpc: '2.0', id: 7, result: {} });
      process.stderr.write('out of cheese\\n');
      process.exitCode = 3;
      process.stdin.destroy();
    `),
    );
    await server.opened();
    server.link.send(Array.from({ length: 200 }, (_, id) => request(id)));
    const failure = await server.lost();
    expect(failure).toMatchObject({ kind: 'connection', code: 'process_exited', executed: 'maybe', retryable: true });
    expect(failure.message).toContain('exited with code 3');
    expect(causeOfLoss(failure)).toEqual({ exitCode: 3, signal: null, stderr: 'out of cheese\n' });
    expect(names(server.log)).toEqual(['opened', 'received', 'lost']);
    expect(server.messages).toMatchObject([{ id: 7 }]);
  });

  it('is lost with everything it wrote, however much that was', async () => {
    const server = serve(`
      for (let id = 0; id < 20000; id += 1) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: { text: 'x'.repeat(50) } }) + '\\n');
      process.stderr.write('z'.repeat(200000) + 'the end');
    `);
    const failure = await server.lost();
    expect(server.messages).toHaveLength(20_000);
    expect(causeOfLoss(failure).stderr).toHaveLength(64 * 1024);
    expect(causeOfLoss(failure).stderr.endsWith('the end')).toBe(true);
  });

  it('is lost with everything it wrote, even if we notice the exit before we have read it', async () => {
    const server = serve(
      `
        process.stdout.write('{"jsonrpc":"2.0","method":"first"}\\n');
        setTimeout(() => process.stdout.write('{"jsonrpc":"2.0","method":"x"}\\n'.repeat(5000) + '{"jsonrpc":"2.0","id":1,"result":{}}\\n'), 100);
      `,
      {
        during: (told) => {
          // First it exits unnoticed; then more time passes than we would wait for what it wrote.
          if (told.what === 'received') stall(500);
        },
      },
    );
    await server.lost();
    expect(server.messages).toHaveLength(5_002);
    expect(server.messages.at(-1)).toMatchObject({ id: 1 });
    expect(server.log.at(-1)).toMatchObject({ what: 'lost' });
  });

  it('is lost as soon as its pipes have been read: no time has to pass', async () => {
    const server = serve(`console.log('{"jsonrpc":"2.0","id":1,"result":{}}'); process.exitCode = 5`, {
      clock: stoppedClock,
    });
    expect(causeOfLoss(await server.lost())).toMatchObject({ exitCode: 5 });
    expect(server.messages).toMatchObject([{ id: 1 }]);
    server.link.close(1_000);
    await server.ended();
  });

  it('is lost with the signal that killed it', async () => {
    const server = serve(echoServer);
    await server.opened();
    process.kill(server.pid, 'SIGKILL');
    const failure = await server.lost();
    expect(failure.message).toContain('was killed by SIGKILL');
    expect(causeOfLoss(failure)).toEqual({ exitCode: null, signal: 'SIGKILL', stderr: '' });
  });

  it('is lost before long even while a grandchild holds its stdout', async () => {
    const server = serve(`
      ${grandchild};
      process.stdout.write('{"jsonrpc":"2.0","id":1,"result":{}}\\n', () => process.exit(4));
    `);
    const failure = await server.lost();
    expect(causeOfLoss(failure)).toMatchObject({ exitCode: 4 });
    expect(server.messages).toMatchObject([{ id: 1 }]);
  });

  it('is told about once, and then there is silence until the end', async () => {
    const server = serve('process.exit(1)');
    await server.lost();
    server.link.close(1_000);
    server.link.close(0);
    server.link.kill();
    await server.ended();
    expect(names(server.log)).toEqual(['opened', 'lost', 'ended']);
  });

  it('refuses what is sent after that, as not executed', async () => {
    const server = serve('process.exit(1)');
    await server.lost();
    const told: unknown[] = [];
    server.link.send([request(1)], (failure) => told.push(failure));
    const refusal = { code: 'process_exited', executed: 'no', because: { executed: 'maybe' } };
    expect(told).toMatchObject([refusal]);
    expect(server.log.at(-1)).toMatchObject({ what: 'requestFailed', id: 1, failure: refusal });
  });

  it('never lets a write that it did not live to see become an uncaught error', async () => {
    const server = serve('process.exit(1)', {
      during: (told, link) => {
        // At this moment the process is dying, and the pipe does not know it yet.
        if (told.what === 'opened')
          for (let id = 0; id < 100; id += 1) link.send([request(id, { text: 'x'.repeat(10_000) })]);
      },
    });
    const failure = await server.lost();
    expect(failure.code).toBe('process_exited');
  });

  it('does not show the secrets it was given, even if it prints them', async () => {
    const server = serve(`console.error('bad token: ' + process.env.API_TOKEN); process.exit(1)`, {
      options: { env: { API_TOKEN: 'sentinel-0123456789' } },
    });
    const failure = await server.lost();
    expect(causeOfLoss(failure).stderr).toBe('bad token: [redacted]\n');
    expect(inspect([server.log, server.link], { depth: 10, showHidden: true })).not.toContain('sentinel-0123456789');
  });
});

describe('a secret at the start of what is kept of stderr', () => {
  it('is not shown in part either', async () => {
    const server = serve(`process.stderr.write(process.env.GIVEN + 'x'.repeat(90), () => process.exit(1))`, {
      options: { env: { GIVEN: 'sentinel-0123456789' } },
      limits: { stderrBytes: 100 },
    });
    expect(causeOfLoss(await server.lost()).stderr).toBe(`[redacted]${'x'.repeat(90)}`);
  });
});

describe('a server that closes a pipe and lives on', () => {
  it('is lost when it closes its stdout', async () => {
    const server = serve(`
      require('node:fs').writeSync(1, '{"jsonrpc":"2.0","id":1,"result":{}}\\n');
      require('node:fs').closeSync(1);
      process.stderr.write('closed');
      process.stdin.on('end', () => process.exit(0)).resume();
    `);
    const failure = await server.lost();
    expect(failure).toMatchObject({ kind: 'connection', code: 'stdout_closed', executed: 'maybe', retryable: true });
    expect(causeOfLoss(failure)).toEqual({ exitCode: null, signal: null, stderr: 'closed' });
    expect(server.messages).toMatchObject([{ id: 1 }]);
    expect(isRunning(server.pid)).toBe(true);
    server.link.close(1_000);
    await server.ended();
    expect(isRunning(server.pid)).toBe(false);
  });

  it('is lost when it closes its stdin and something is sent to it', async () => {
    const server = serve(`
      require('node:fs').closeSync(0);
      process.stdout.write('{"jsonrpc":"2.0","method":"notifications/closed"}\\n');
      setInterval(() => {}, 1000);
    `);
    await server.received(1);
    server.link.send([request(1)]);
    const failure = await server.lost();
    expect(failure).toMatchObject({ code: 'stdin_closed', executed: 'maybe' });
    expect(isRunning(server.pid)).toBe(true);
  });
});

describe('a message that is longer than allowed', () => {
  it('is fatal, after the messages before it', async () => {
    const server = serve(`
      process.stdout.write('{"jsonrpc":"2.0","id":1,"result":{}}\\n');
      process.stdout.write('{"jsonrpc":"2.0","id":2,"result":{"text":"' + 'x'.repeat(20 * 1024 * 1024) + '"}}\\n');
      process.stdout.write('{"jsonrpc":"2.0","id":3,"result":{}}\\n');
      process.stdin.on('end', () => process.exit(0)).resume();
    `);
    const failure = await server.lost();
    expect(failure).toMatchObject({ kind: 'limit', code: 'message_too_large', executed: 'maybe', retryable: true });
    expect(failure.message).toContain('limits.messageBytes');
    server.link.close(2_000);
    await server.ended();
    expect(server.messages).toMatchObject([{ id: 1 }]);
    expect(names(server.log)).toEqual(['opened', 'received', 'lost', 'ended']);
  });
});
