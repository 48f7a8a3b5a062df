import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Client, type LoggingLevel, type LogMessage } from '../../../src/index.js';
import { lineOf } from '../../../src/api/handlers/logging.js';
import { ask, askingServer } from './fixtures/asking-server.js';
import { asking } from './fixtures/server-calls.js';

const levels: readonly LoggingLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

describe('the log handler', () => {
  it('is given the messages of every level by default, in order [3.7.23]', async () => {
    const heard: LogMessage[] = [];
    await ask({ logHandler: (message) => heard.push(message) }, async (server) => {
      for (const level of levels) await server.sendLoggingMessage({ level, logger: 'part', data: `a ${level}` });
    });
    expect(heard).toEqual(levels.map((level) => ({ level, logger: 'part', data: `a ${level}` })));
  });

  it('is given nothing below the level that was set [3.7.22]', async () => {
    const heard: string[] = [];
    const source = askingServer(async (server) => {
      for (const level of levels) await server.sendLoggingMessage({ level, data: level });
    });
    const client = new Client(source, { logHandler: ({ level }) => heard.push(level) });
    await client.use(async (lease) => {
      await lease.setLoggingLevel('critical');
      await lease.callTool('ask');
    });
    expect(heard).toEqual(['critical', 'alert', 'emergency']);
  });

  it.each([
    ['an object', { a: { b: [1] } }],
    ['a list', [1, 'two', null]],
    ['a number', 7],
    ['null', null],
    ['false', false],
  ])('is given data that is %s as it is [3.7.25]', async (_what, data) => {
    const heard: LogMessage[] = [];
    await ask({ logHandler: (message) => heard.push(message) }, (server) =>
      server.sendLoggingMessage({ level: 'info', data }),
    );
    expect(heard).toEqual([{ level: 'info', logger: undefined, data }]);
  });

  it.each([
    ['no params', undefined],
    ['a level that there is not', { level: 'loud', data: 'x' }],
    ['no level', { data: 'x' }],
    ['a logger that is no text', { level: 'info', logger: 7, data: 'x' }],
  ])('is not given a message of %s, which is told to onError', async (_what, params) => {
    const heard: LogMessage[] = [];
    const { connection, complaints, lease } = await asking({ logHandler: (message) => heard.push(message) });
    connection.push({ method: 'notifications/message', params });
    await lease.ping();
    expect(heard).toEqual([]);
    expect(complaints).toEqual([expect.stringContaining('logHandler: ')]);
  });

  it('may throw or reject: the call succeeds [2.3.29]', async () => {
    for (const logHandler of [
      (): never => {
        throw new Error('disk full');
      },
      () => Promise.reject(new Error('disk full')),
    ]) {
      const { answer, complaints } = await ask({ logHandler }, async (server) => {
        await server.sendLoggingMessage({ level: 'info', data: 'x' });
        return 'fine';
      });
      expect(answer).toBe('fine');
      expect(complaints).toEqual(['logHandler: disk full']);
    }
  });
});

describe('the log of a server that nobody asked for', () => {
  const message = (level: LoggingLevel, data: unknown = 'text'): LogMessage => ({ level, logger: undefined, data });

  it('maps the eight levels to five [3.7.24]', () => {
    expect(levels.map((level) => lineOf('client', message(level)).split(':')[0])).toEqual([
      'debug',
      'info',
      'info',
      'warning',
      'error',
      'critical',
      'critical',
      'critical',
    ]);
  });

  it('names the client and the logger, and shows any data on one line [3.7.25]', () => {
    expect(lineOf('agent', { level: 'notice', logger: 'db', data: 'slow' })).toBe('info: agent, db: slow');
    expect(lineOf('agent', message('info', { a: [1, { b: 'c' }] }))).toBe("info: agent: { a: [ 1, { b: 'c' } ] }");
    expect(lineOf('agent', message('info', 7))).toBe('info: agent: 7');
  });

  it('never gives a terminal anything to obey', () => {
    const hostile = 'a\u001b[2J\u0007\nb\u202ec\u009b1m';
    for (const data of [hostile, { [hostile]: hostile }]) {
      expect(lineOf('agent', { level: 'info', logger: hostile, data })).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('is quiet, unless NODE_DEBUG asks for it', async () => {
    const script = `
      import { Handlers } from './src/api/handlers/handlers.ts';
      const params = { level: 'alert', logger: 'db', data: '100 % full' };
      new Handlers({}, null, 'agent').notified({ method: 'notifications/message', params });
      new Handlers({}, null, 'agent').notified({ method: 'notifications/message', params: {} });
    `;
    const run = async (env: Record<string, string>): Promise<string> => {
      const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
      const { stderr } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
      return stderr;
    };
    expect(await run({ NODE_DEBUG: 'mcp-actor' })).toMatch(/^MCP-ACTOR \d+: critical: agent, db: 100 % full\n$/);
    expect(await run({ NODE_DEBUG: '' })).toBe('');
  }, 30_000);
});
