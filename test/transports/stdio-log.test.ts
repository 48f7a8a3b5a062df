/** A copy of a server's stderr in a log of the user's: it comes last, and hurts nobody. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, SessionLostError, type StdioServer } from '../../src/index.js';
import { StderrLog } from '../../src/transports/stdio/stderr-log.js';
import { clientOf, processClient, type ProcessClient } from '../support/processes.js';
import { textOf } from '../support/results.js';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../processes/fixtures/server.js', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
});
afterEach(() => rm(folder, { recursive: true }));

const logged = (logFile: StdioServer['logFile']): ProcessClient =>
  clientOf((mark) => ({ command: process.execPath, args: [script, mark], logFile }));

/** Says so many bytes on stderr, and then this. */
const complain = async ({ client }: ProcessClient, last: string, bytes = 0): Promise<void> => {
  await client.use((lease) => lease.callTool('stderr', { bytes, last }, { timeout: 20_000 }));
};

describe('a log of a server', () => {
  it('is a file that is made for its owner, and appended to by every session [3.3.19]', async () => {
    const path = join(folder, 'server.log');
    const subject = logged(path);
    await complain(subject, 'first\n');
    await complain(subject, 'grüße\n');
    await expect.poll(() => readFile(path, 'utf8')).toBe('first\ngrüße\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(subject.client.generation).toBe(2);
  });

  it('is a stream, which is not ended with the session [3.3.19]', async () => {
    const chunks: string[] = [];
    const stream = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    const subject = logged(stream);
    await complain(subject, 'first\n');
    await complain(subject, 'second\n');
    await expect.poll(() => chunks.join('')).toBe('first\nsecond\n');
    expect(stream.writableEnded).toBe(false);
    expect(stream.listenerCount('error')).toBe(1);
  });

  it('is nobody, by default: the end of stderr is in the cause of what fails [3.3.19]', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const lost = lease.callTool('exit', { code: 1, stderr: 'last words' });
    await expect(lost).rejects.toMatchObject({ cause: { stderr: 'last words\n' } });
  });

  it('has what the server said before it died, and so has the cause', async () => {
    const path = join(folder, 'server.log');
    const { client } = logged(path);
    const lease = await client.connect();
    const lost = lease.callTool('exit', { code: 1, stderr: 'last words' });
    await expect(lost).rejects.toBeInstanceOf(SessionLostError);
    await expect(lost).rejects.toMatchObject({ cause: { stderr: 'last words\n' } });
    await expect.poll(() => readFile(path, 'utf8')).toBe('last words\n');
  });

  it.each([
    ['is in no folder', () => join(folder, 'none', 'server.log')],
    ['is a folder', () => folder],
    [
      'is a pipe that nobody reads',
      () => {
        execFileSync('mkfifo', [join(folder, 'pipe')]);
        return join(folder, 'pipe');
      },
    ],
  ])('that %s fails connect() with its name, before a process is started', async (_name, path) => {
    const log = path();
    const { client, running } = logged(log);
    const attempt = client.connect();
    await expect(attempt).rejects.toBeInstanceOf(ConfigError);
    await expect(attempt).rejects.toMatchObject({ code: 'log_file', retryable: false });
    await expect(attempt).rejects.toThrow(JSON.stringify(log));
    expect(running()).toEqual([]);
  });

  it('that is a pipe which was full for a while goes on when somebody has read it, and says what is missing', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const readAll = (): string => {
      const buffer = Buffer.alloc(4 * 1024 * 1024);
      try {
        return buffer.toString('utf8', 0, readSync(reader, buffer));
      } catch {
        return '';
      }
    };
    const log = new StderrLog(path);
    for (let n = 0; n < 20; n += 1) {
      log.push(Buffer.alloc(64 * 1024, 'x'));
      await new Promise(setImmediate);
    }
    let text = '';
    const isThere = (): boolean => {
      log.push(Buffer.from('and on\n'));
      text += readAll();
      return /\[mcp-actor: \d+ bytes were left out here[^]*and on\n/.test(text);
    };
    await expect.poll(isThere).toBe(true);
    log.end();
    closeSync(reader);
  });

  it('that counts chunks instead of bytes holds no more of them than another', () => {
    let held = 0;
    const slow = new Writable({ objectMode: true, write: () => undefined });
    const log = new StderrLog(slow);
    for (let n = 0; n < 1_000; n += 1) {
      log.push(Buffer.alloc(64 * 1024));
      held = slow.writableLength;
    }
    expect(held).toBeLessThanOrEqual(16);
    log.end();
  });

  it('leaves no file open', async () => {
    const path = join(folder, 'server.log');
    const subject = logged(path);
    const open = (): number => readdirSync('/proc/self/fd').length;
    await complain(subject, 'x\n');
    const before = open();
    for (let n = 0; n < 5; n += 1) await complain(subject, 'x\n');
    await expect.poll(open).toBeLessThanOrEqual(before);
  });

  it.each([
    [
      'throws',
      () =>
        Object.assign(new PassThrough(), {
          write: () => {
            throw new Error('no');
          },
        }),
    ],
    ['fails', () => new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })],
    ['was destroyed', () => new PassThrough().destroy()],
    ['was ended', () => new PassThrough().end()],
  ])('that is a stream which %s hurts nobody', async (_name, make) => {
    const subject = logged(make());
    await subject.client.use(async (lease) => {
      await lease.callTool('stderr', { bytes: 1_000_000, last: 'x\n' });
      expect(await textOf(lease, 'echo', { text: 'alive' })).toBe('alive');
    });
  });

  it('that is never drained takes a bounded part, and the server goes on', async () => {
    let held = 0;
    const stuck = new Writable({
      highWaterMark: 1_024,
      write: (chunk: Buffer) => {
        held += chunk.length;
      },
    });
    const subject = logged(stuck);
    await complain(subject, 'x\n', 50 * 1024 * 1024);
    expect(held + stuck.writableLength).toBeLessThan(3 * 1024 * 1024);
  });

  it('says how much was left out, when it takes something again', () => {
    const said: string[] = [];
    const stream = {
      writableLength: 0,
      write: (chunk: Uint8Array) => said.push(Buffer.from(chunk).toString()),
      on() {},
    };
    const log = new StderrLog(stream);
    log.push(Buffer.from('one\n'));
    stream.writableLength = 1024 * 1024;
    log.push(Buffer.from('two\n'));
    log.push(Buffer.from('three\n'));
    stream.writableLength = 0;
    log.push(Buffer.from('four\n'));
    log.end();
    log.push(Buffer.from('five\n'));
    expect(said.join('')).toBe(
      'one\n\n[mcp-actor: 10 bytes were left out here, because this log was too slow]\nfour\n',
    );
  });

  it('is appended to by two clients of one source', async () => {
    const path = join(folder, 'server.log');
    await writeFile(path, 'before\n');
    const [one, other] = [logged(path), logged(path)];
    await Promise.all([complain(one, 'one\n'), complain(other, 'other\n')]);
    await expect
      .poll(async () => (await readFile(path, 'utf8')).split('\n').sort().join(' ').trim())
      .toBe('before one other');
    expect(await readdir(folder)).toEqual(['server.log']);
  });
});
