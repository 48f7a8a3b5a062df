/** Several servers without anything in front of them. In virtual time. */
import { describe, expect, it } from 'vitest';
import {
  ClientGroup,
  ConfigError,
  ConnectionError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  type ClientOptions,
} from '../../../src/index.js';
import { scriptedServer, type ScriptedServer } from '../../../src/testing/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { outcome, settle } from '../../support/virtual-client.js';

interface Setting {
  readonly group: ClientGroup;
  readonly clock: VirtualClock;
  readonly complaints: string[];
}

function groupOf(servers: Readonly<Record<string, ScriptedServer>>, options: ClientOptions = {}): Setting {
  const clock = new VirtualClock();
  const complaints: string[] = [];
  const sources = Object.fromEntries(Object.entries(servers).map(([name, { source }]) => [name, source]));
  const group = new ClientGroup(sources, {
    clock,
    random: () => 0.5,
    onError: (error, where) => complaints.push(`${where}: ${String(error)}`),
    ...options,
  });
  return { group, clock, complaints };
}

const text = (value: string) => [{ type: 'text', text: value }];
const down = () => Promise.reject(new Error('nobody home'));
const states = (group: ClientGroup): string[] => group.status().map(({ name, state }) => `${name} ${state}`);

describe('a group', () => {
  it('does nothing until it is connected, then has a lease on every server', async () => {
    const [a, b] = [scriptedServer(), scriptedServer()];
    const { group } = groupOf({ a, b });
    expect(states(group)).toEqual(['a disconnected', 'b disconnected']);
    await group.use(async (lease) => {
      expect([...lease.leases.keys()]).toEqual(['a', 'b']);
      expect(states(group)).toEqual(['a ready', 'b ready']);
      expect((await group.callTool('b', 'echo', { x: 1 })).content).toEqual(text('{"x":1}'));
      expect((await group.listTools()).map(({ server, tool }) => `${server} ${tool.name}`)).toEqual([
        'a echo',
        'b echo',
      ]);
    });
    expect(states(group)).toEqual(['a disconnected', 'b disconnected']);
    expect([a.count('initialize'), b.count('initialize')]).toEqual([1, 1]);
  });

  it('shares its sessions: 20 who come first make one handshake with each server', async () => {
    const [a, b] = [scriptedServer(), scriptedServer()];
    const { group } = groupOf({ a, b });
    const leases = await Promise.all(Array.from({ length: 20 }, () => group.connect()));
    expect([a.count('initialize'), b.count('initialize')]).toEqual([1, 1]);
    await Promise.all(leases.slice(1).map((lease) => lease.release()));
    expect(states(group)).toEqual(['a ready', 'b ready']);
    await leases[0]?.[Symbol.asyncDispose]();
    expect(states(group)).toEqual(['a disconnected', 'b disconnected']);
  });

  it('gives each server the options of all, and its own', () => {
    const { source } = scriptedServer();
    const group = new ClientGroup({ a: source, b: { source, name: 'special' } }, { name: 'agents' });
    expect([...group.clients.values()].map(({ name }) => name)).toEqual(['agents/a', 'special']);
    expect(() => new ClientGroup({ a: { source, timeout: -1 } })).toThrow(ConfigError);
    expect(() => new ClientGroup({ 'a/b': source })).toThrow(/"a\/b" cannot be the name of a server/);
  });

  it('takes a config, with the options that it says', () => {
    const group = new ClientGroup({
      mcpServers: { one: { command: 'one', timeout: 5_000 }, 'the other': { url: 'http://127.0.0.1:1/mcp' } },
    });
    expect([...group.clients.keys()]).toEqual(['one', 'the other']);
    expect(() => new ClientGroup({ mcpServers: { one: { url: 'nowhere' } } })).toThrow(ConfigError);
  });

  it('skips a server that fails, says why, and tries it again by its own policy', async () => {
    const [dead, a] = [scriptedServer({ onStart: down }), scriptedServer()];
    const { group, clock } = groupOf({ dead, a });
    const lease = await group.connect();
    expect([...lease.leases.keys()]).toEqual(['a']);
    expect(lease.failures.get('dead')).toBeInstanceOf(ConnectionError);
    expect(group.status()[0]).toMatchObject({ name: 'dead', failure: { cause: { message: 'nobody home' } } });
    await expect(group.callTool('dead', 'echo')).rejects.toThrow('nobody home');
    expect((await group.listTools()).map(({ server }) => server)).toEqual(['a']);
    dead.onStart = undefined;
    await clock.advance(5_000);
    expect([...lease.leases.keys()]).toEqual(['dead', 'a']);
    expect(lease.failures.size).toBe(0);
    expect((await group.callTool('dead', 'echo')).content).toEqual(text('{}'));
    await lease.release();
  });

  it('fails when all servers do, with each and its reason, and leaves none of them trying', async () => {
    const { group, clock } = groupOf({ a: scriptedServer({ onStart: down }), b: scriptedServer({ onStart: down }) });
    const error: unknown = await group.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'all_servers_failed', retryable: true, executed: 'no' });
    expect(String(error)).toMatch(/none of 2 servers.*a: .*nobody home; b: .*nobody home/);
    expect(states(group)).toEqual(['a disconnected', 'b disconnected']);
    expect(clock.armed).toBe(0);
  });

  it('waits for a hung server no longer than its caller wants to', async () => {
    const [hung, a] = [scriptedServer({ onStart: () => new Promise(() => undefined) }), scriptedServer()];
    const { group, clock } = groupOf({ hung, a });
    const connecting = outcome(group.connect({ timeout: 300 }));
    await clock.advance(300);
    expect(connecting.state).toBe('fulfilled');
    expect((await group.callTool('a', 'echo')).content).toEqual(text('{}'));
    await group.close();
  });

  it('gives up with the signal or the time of its caller when nothing is up', async () => {
    const hung = scriptedServer({ onStart: () => new Promise(() => undefined) });
    const { group, clock } = groupOf({ hung });
    const late = outcome(group.connect({ timeout: 300 }));
    await clock.advance(300);
    expect(late.value).toBeInstanceOf(RequestTimeoutError);
    const controller = new AbortController();
    const aborted = outcome(group.connect({ signal: controller.signal }));
    await settle();
    controller.abort(new Error('enough'));
    await settle();
    expect(aborted.value).toBeInstanceOf(RequestAbortedError);
    await clock.untilIdle();
    expect(states(group)).toEqual(['hung disconnected']);
  });

  it('is left at once by who gave up waiting for a server that somebody else goes on waiting for', async () => {
    const slow = scriptedServer({ onStart: () => new Promise(() => undefined) });
    const { group, clock } = groupOf({ slow });
    const controller = new AbortController();
    const mine = outcome(group.connect({ signal: controller.signal }));
    const theirs = outcome(group.connect());
    await settle();
    controller.abort();
    await settle();
    expect([mine.state, theirs.state]).toEqual(['rejected', 'pending']);
    await clock.untilIdle();
    expect(theirs.state).toBe('rejected');
  });

  it('is left by who gave up, though somebody else comes while the session is being ended', async () => {
    let allow = (): void => undefined;
    const slow = scriptedServer({
      script: ({ method }) => method === 'initialize',
      onClose: () => new Promise<void>((resolve) => (allow = resolve)),
    });
    const { group } = groupOf({ slow });
    const controller = new AbortController();
    const mine = outcome(group.connect({ signal: controller.signal }));
    await settle();
    controller.abort();
    await settle();
    expect(states(group)).toEqual(['slow closing']);
    slow.script = undefined;
    const theirs = outcome(group.connect());
    await settle();
    expect(mine.state).toBe('rejected');
    allow();
    await settle();
    expect(theirs.state).toBe('fulfilled');
    slow.onClose = undefined;
    await group.close();
  });

  it('without a lease refuses calls as a client does', async () => {
    const { group } = groupOf({ a: scriptedServer() });
    await expect(group.callTool('a', 'echo')).rejects.toBeInstanceOf(NotConnectedError);
    await expect(group.callTool('b', 'echo')).rejects.toThrow(/no server "b"; it has a/);
    await expect(new ClientGroup({}).connect()).rejects.toMatchObject({ code: 'group_empty' });
  });
});

describe('add and remove while running', () => {
  it('a server that is added is leased by those who hold the group', async () => {
    const { group } = groupOf({ a: scriptedServer() });
    const late = scriptedServer();
    const lease = await group.connect();
    const client = group.add('late', late.source);
    await client.waitFor('ready');
    await settle();
    expect([...lease.leases.keys()]).toEqual(['a', 'late']);
    expect((await group.callTool('late', 'echo')).content).toEqual(text('{}'));
    await lease.release();
    expect(states(group)).toEqual(['a disconnected', 'late disconnected']);
    expect(late.count('initialize')).toBe(1);
  });

  it('a name that is taken is refused', () => {
    const { group } = groupOf({ a: scriptedServer() });
    expect(() => group.add('a', scriptedServer().source)).toThrow(/server "a" already/);
  });

  it('a server that is removed is closed, and no other', async () => {
    const [a, b] = [scriptedServer(), scriptedServer()];
    const { group } = groupOf({ a, b });
    const lease = await group.connect();
    const client = group.clients.get('a');
    expect(await group.remove('a')).toBe(true);
    expect(await group.remove('a')).toBe(false);
    expect(client?.state).toBe('disconnected');
    expect([a.last.closed, b.last.closed]).toEqual([1, 0]);
    expect([...lease.leases.keys()]).toEqual(['b']);
    expect(states(group)).toEqual(['b ready']);
    await lease.release();
  });
});

it('one server that dies, or hangs when it is closed, costs the others nothing', async () => {
  const [a, b] = [scriptedServer({ onClose: () => new Promise(() => undefined) }), scriptedServer()];
  const { group, clock } = groupOf({ a, b }, { closeTimeout: 2_000 });
  const lease = await group.connect();
  a.last.drop(new Error('gone'));
  expect((await group.callTool('b', 'echo')).content).toEqual(text('{}'));
  expect(b.connections).toHaveLength(1);
  const closing = outcome(lease.release());
  await settle();
  expect(states(group)[1]).toBe('b disconnected');
  await clock.advance(4_000);
  expect(closing.state).toBe('fulfilled');
  expect(states(group)).toEqual(['a disconnected', 'b disconnected']);
});
