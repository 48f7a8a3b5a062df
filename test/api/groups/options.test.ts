/** What is said of one of several servers, of all of them, and of one call. In virtual time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client, ConfigError, NotConnectedError, RequestTimeoutError, several } from '../../../src/index.js';
import { scriptedServer, type Sent } from '../../../src/testing/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { outcome, settle } from '../../support/virtual-client.js';
import { inFrontOf } from './several.js';

const isCall = ({ method }: Sent): boolean => method === 'tools/call';

describe('the timeout of a server', () => {
  it('holds for calls to it, also when it is longer than that of the client, and for no other', async () => {
    const clock = new VirtualClock();
    const [a, b] = [scriptedServer({ script: isCall }), scriptedServer({ script: isCall })];
    const client = new Client(several({ a: { source: a.source, timeout: 300_000 }, b: b.source }), { clock });
    const lease = await client.connect();
    const [long, usual] = [outcome(lease.callTool('a_echo')), outcome(lease.callTool('b_echo'))];
    await clock.advance(59_999);
    expect(usual.state).toBe('pending');
    await clock.advance(1);
    expect(usual.value).toBeInstanceOf(RequestTimeoutError);
    expect(b.count('notifications/cancelled')).toBe(1);
    await clock.advance(239_999);
    expect(long.state).toBe('pending');
    await clock.advance(1);
    expect(long.value).toBeInstanceOf(RequestTimeoutError);
    await client.close({ drain: 0 });
  });

  it('is no longer for its part in a list, which others wait for', async () => {
    const clock = new VirtualClock();
    const [a, b] = [scriptedServer({ script: ({ method }) => method === 'tools/list' }), scriptedServer()];
    const client = new Client(several({ a: { source: a.source, timeout: 300_000 }, b: b.source }), {
      clock,
      onError: () => undefined,
    });
    const lease = await client.connect();
    const list = outcome(lease.listTools());
    await clock.advance(48_000);
    expect(list.value).toMatchObject([{ name: 'b_echo' }]);
    await client.close({ drain: 0 });
  });

  it('is begun anew by progress where the call says so', async () => {
    const clock = new VirtualClock();
    const [a, b] = [scriptedServer({ script: isCall }), scriptedServer()];
    const client = new Client(several({ a: { source: a.source, timeout: 1_000 }, b: b.source }), { clock });
    const lease = await client.connect();
    const call = outcome(lease.callTool('a_echo', {}, { resetTimeoutOnProgress: true }));
    await settle();
    const progressToken = a.last.sent('tools/call')[0]?.params?._meta?.progressToken;
    for (let progress = 1; progress <= 3; progress += 1) {
      await clock.advance(900);
      a.last.push({ method: 'notifications/progress', params: { progressToken, progress } });
    }
    expect(call.state).toBe('pending');
    await clock.advance(1_000);
    expect(call.value).toBeInstanceOf(RequestTimeoutError);
    await client.close({ drain: 0 });
  });
});

it('a call that fails rather than waits does so behind the client in front too', async () => {
  const { client, servers, clock } = inFrontOf({ a: {}, b: {} });
  const lease = await client.connect();
  servers.a.onStart = () => Promise.reject(new Error('nobody home'));
  servers.a.last.drop();
  await settle();
  const error: unknown = await lease.callTool('a_echo', {}, { failFast: true }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotConnectedError);
  expect(error).toMatchObject({ executed: 'no' });
  expect(clock.now()).toBe(0);
  await client.close({ drain: 0 });
});

it('ping() is answered before there was a handshake, as it is of one server', async () => {
  const { client } = inFrontOf({ a: {}, b: {} }, { autoInitialize: false });
  const lease = await client.connect();
  await lease.ping();
  await lease.release();
});

describe('an entry is refused, by its name,', () => {
  const { source } = scriptedServer();
  const made = (entry: object) => () => new Client(several({ x: { source, ...entry }, y: source }));

  it.each([
    ['that no client has', { nonsense: 1 }, /server "x": there is no option nonsense/],
    ['that cannot work', { timeout: -1 }, /server "x": option timeout/],
    [
      'that the client in front has for all',
      { roots: ['file:///x'] },
      /server "x": option roots is for the client in front/,
    ],
    ['of handlers', { samplingHandler: () => 'mine' }, /samplingHandler is for the client in front/],
    ['for a name of its own', { name: 'n' }, /option name is for the client in front/],
    ['for a length of idling of its own', { idleTimeout: 5_000 }, /idleTimeout is 0 or Infinity/],
  ])('with an option %s', (_what, entry, message) => {
    expect(made(entry)).toThrow(message);
    expect(made(entry)).toThrow(ConfigError);
  });

  it('but not with those of its connection', () => {
    const connection = { timeout: 5, idleTimeout: Infinity, reconnect: false, connectTimeout: 1, headers: { a: 'b' } };
    expect(made(connection)).not.toThrow();
    expect(made({ roots: undefined })).not.toThrow();
  });
});

describe('a config in a file', () => {
  function fileOf(config: object): string {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-actor-config-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const path = join(folder, 'mcp.json');
    writeFileSync(path, JSON.stringify(config));
    return path;
  }
  const two = { mcpServers: { a: { url: 'http://127.0.0.1:1/mcp' }, b: { url: 'http://127.0.0.1:1/mcp' } } };

  it('of several servers refuses headers for all of them when the client is made', () => {
    expect(() => new Client(fileOf(two), { headers: { authorization: 'secret' } })).toThrow(ConfigError);
  });

  it('that becomes one of several servers later refuses them for good', async () => {
    const path = fileOf({ mcpServers: { a: two.mcpServers.a } });
    const client = new Client(path, { headers: { authorization: 'secret' } });
    writeFileSync(path, JSON.stringify(two));
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'headers', retryable: false });
  });

  it('that cannot be read yet is an error for who connects, not for who makes the client', async () => {
    const client = new Client(join(tmpdir(), 'mcp-actor-is-not-there.json'));
    await expect(client.connect()).rejects.toBeInstanceOf(ConfigError);
  });
});
