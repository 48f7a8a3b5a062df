import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causeOf } from '../../src/protocol/failure.js';
import { Malformed } from '../../src/protocol/json-rpc.js';
import { echoServer, isRunning, lineServer, names, observe, request, runningIn, serve } from './stdio-harness.js';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'mcp-actor-stdio-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describe('starting a server', () => {
  it('opens as soon as the process runs, and says which process it is', async () => {
    const server = serve(echoServer);
    expect(server.link.connection).toBeNull();
    await server.opened();
    expect(server.link.connection).toEqual({ kind: 'stdio', pid: server.pid });
    expect(isRunning(server.pid)).toBe(true);
  });

  it('runs it in a process group of its own', async () => {
    const server = serve(echoServer);
    await server.opened();
    expect(runningIn(server.pid)).toEqual([server.pid]);
  });

  it('says that a command is not on the PATH, and that trying again will not help', async () => {
    const server = observe({ command: 'no-such-mcp-server' });
    const failure = await server.lost();
    expect(failure).toMatchObject({ kind: 'connection', code: 'ENOENT', executed: 'no', retryable: false });
    expect(failure.message).toContain('"no-such-mcp-server" is not on the PATH');
    expect(causeOf(failure)).toMatchObject({ code: 'ENOENT' });
    server.link.close(1_000);
    await server.ended();
    expect(names(server.log)).toEqual(['lost', 'ended']);
  });

  it('says that a file may not be executed', async () => {
    const command = join(scratch, 'not-executable');
    writeFileSync(command, '#!/bin/sh\n');
    chmodSync(command, 0o644);
    const failure = await observe({ command }).lost();
    expect(failure).toMatchObject({ code: 'EACCES', executed: 'no', retryable: false });
    expect(failure.message).toContain(command);
  });

  it('tells a missing directory from a missing command, which the system does not', async () => {
    const failure = await observe({ command: process.execPath, cwd: join(scratch, 'nowhere') }).lost();
    expect(failure).toMatchObject({ code: 'ENOENT', retryable: false });
    expect(failure.message).toContain('correct "cwd"');
  });

  it('reports arguments that no process can be given, without repeating them', async () => {
    const server = observe({ command: 'node', args: ['--token=hunter2\0'], env: { TOKEN: 'hunter2\0' } });
    const failure = await server.lost();
    expect(failure).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', executed: 'no', retryable: false });
    expect(inspect([failure, causeOf(failure)], { depth: 10 })).not.toContain('hunter2');
    server.link.close(1_000);
    await server.ended();
  });

  it('does not repeat the arguments of a command that could not be started', async () => {
    const failure = await observe({ command: 'no-such-mcp-server', args: ['--token=hunter2'] }).lost();
    expect(inspect([failure, causeOf(failure)], { depth: 10 })).not.toContain('hunter2');
  });

  it('passes arguments on as they are: no shell looks at them', async () => {
    const args = ['$(touch pwned)', '; echo pwned', '-x', '*', 'a b', '&& exit'];
    const server = serve(`console.log(JSON.stringify({ args: process.argv.slice(1) }))`, {
      options: {
        args: ['-e', 'console.log(JSON.stringify({ args: process.argv.slice(1) }))', '--', ...args],
        cwd: scratch,
      },
    });
    expect(await server.received(1)).toEqual([{ args }]);
  });

  it('shows the server nothing of our environment but what it needs to run', async () => {
    process.env['STDIO_TEST_SECRET'] = 'sentinel-of-the-parent';
    try {
      const server = serve('console.log(JSON.stringify(process.env))', { options: { env: { GIVEN: 'yes' } } });
      const [environment] = await server.received(1);
      expect(JSON.stringify(environment)).not.toContain('sentinel-of-the-parent');
      const allowed = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'GIVEN'];
      expect(Object.keys(environment as object).filter((name) => !allowed.includes(name))).toEqual([]);
      expect(environment).toMatchObject({ GIVEN: 'yes', PATH: process.env['PATH'] });
    } finally {
      delete process.env['STDIO_TEST_SECRET'];
    }
  });
});

describe('sending', () => {
  it('writes the messages of one send at once, in order', async () => {
    const server = serve(
      `process.stdin.on('data', (chunk) => console.log(JSON.stringify({ lines: String(chunk).trim().split('\\n').map((line) => JSON.parse(line).id) })))`,
    );
    await server.opened();
    const ids = Array.from({ length: 100 }, (_, id) => id);
    server.link.send(ids.map((id) => request(id)));
    expect(await server.received(1)).toEqual([{ lines: ids }]);
  });

  it('accepts at once: what becomes of a message is told by its answer or by the loss', async () => {
    const server = serve(echoServer);
    await server.opened();
    const told: unknown[] = [];
    server.link.send([request(1)], (failure) => told.push(failure));
    expect(told).toEqual([null]);
    expect(await server.received(1)).toEqual([{ jsonrpc: '2.0', id: 1, result: { length: 2 } }]);
  });

  it('lets a request that cannot be written as JSON fail alone', async () => {
    const server = serve(echoServer);
    await server.opened();
    const told: unknown[] = [];
    server.link.send([request(1), request(2, { amount: 2n }), request(3)], (failure) => told.push(failure));
    expect(server.log.at(-1)).toMatchObject({
      what: 'requestFailed',
      id: 2,
      failure: { code: 'not_serialisable', executed: 'no' },
      refused: false,
    });
    expect(told).toEqual([null]);
    expect(await server.received(2)).toMatchObject([{ id: 1 }, { id: 3 }]);
    server.link.send([{ jsonrpc: '2.0', method: 'notifications/x', params: { amount: 2n } }, request(4)], (failure) =>
      told.push(failure),
    );
    expect(told[1]).toMatchObject({ code: 'not_serialisable' });
    expect(await server.received(3)).toMatchObject([{ id: 1 }, { id: 3 }, { id: 4 }]);
  });

  it('carries a large message both ways', async () => {
    const server = serve(lineServer(`say({ jsonrpc: '2.0', id: message.id, result: { text: message.params.text } });`));
    await server.opened();
    const text = 'a€𝄞'.repeat(700_000);
    server.link.send([request(1, { text })]);
    const [answer] = await server.received(1);
    expect((answer as { result: { text: string } }).result.text === text).toBe(true);
  });
});

describe('receiving', () => {
  it('tells the messages of one chunk together, in the order they were written', async () => {
    const server = serve(`
      const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } };
      process.stdout.write([progress, { jsonrpc: '2.0', id: 1, result: {} }].map((m) => JSON.stringify(m) + '\\n').join(''));
      setInterval(() => {}, 1000);
    `);
    await server.received(2);
    expect(server.log.filter((told) => told.what === 'received')).toMatchObject([
      { messages: [{ method: 'notifications/progress' }, { id: 1 }] },
    ]);
  });

  it('finds the messages among banners, blank lines and carriage returns, behind a byte order mark', async () => {
    const server = serve(`
      process.stdout.write('\\uFEFFWelcome to the server!\\r\\n\\r\\n');
      console.log('listening on', { port: 1 });
      process.stdout.write('{"jsonrpc":"2.0","id":1,"result":{}}\\r\\n42\\nnull\\n[]\\n');
      process.stdout.write('{"jsonrpc":"2.0","id":2,"result":{}}\\n');
    `);
    expect(await server.received(2)).toMatchObject([{ id: 1 }, { id: 2 }]);
    await server.lost();
    expect(server.messages).toHaveLength(2);
  });

  it('takes a byte order mark directly before the first message', async () => {
    const server = serve(`process.stdout.write('\\uFEFF{"jsonrpc":"2.0","id":1,"result":{}}\\n')`);
    expect(await server.received(1)).toMatchObject([{ id: 1 }]);
  });

  it('takes a message that drips in byte by byte, through the middle of its characters', async () => {
    const server = serve(`
      const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'ä€𝄞' } }) + '\\n');
      let at = 0;
      const drip = () => { if (at < bytes.length) { require('node:fs').writeSync(1, bytes, at, 1); at += 1; setImmediate(drip); } };
      drip();
    `);
    expect(await server.received(1)).toEqual([{ jsonrpc: '2.0', id: 1, result: { text: 'ä€𝄞' } }]);
  });

  it('hands on the members of a batch one by one', async () => {
    const server = serve(`console.log('[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]')`);
    expect(await server.received(2)).toMatchObject([{ id: 1 }, { id: 2 }]);
  });

  it('fails the one request whose answer is nested too deep, and lives on', async () => {
    const server = serve(
      lineServer(`
      if (message.id === 1) process.stdout.write('{"jsonrpc":"2.0","id":1,"result":' + '['.repeat(200000) + ']'.repeat(200000) + '}\\n');
      else say({ jsonrpc: '2.0', id: message.id, result: {} });
    `),
    );
    await server.opened();
    server.link.send([request(1), request(2)]);
    const [bomb, answer] = await server.received(2);
    expect(bomb).toBeInstanceOf(Malformed);
    expect(bomb).toMatchObject({ id: 1 });
    expect(answer).toMatchObject({ id: 2 });
    expect(names(server.log)).not.toContain('lost');
  });
});
