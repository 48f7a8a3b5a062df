import { describe, expect, it } from 'vitest';
import { compositeLink } from '../../../src/api/groups/composite.js';
import { frontOptions } from '../../../src/api/groups/front-options.js';
import { resolveOptions, type ClientOptions } from '../../../src/api/options.js';
import { AuthorizationError, Client, ClientGroup, ConfigError, several, type Lease } from '../../../src/index.js';
import { failure } from '../../../src/protocol/failure.js';
import { scriptedServer } from '../../../src/testing/index.js';
import { VirtualClock, settle } from '../../../src/testing/virtual-clock.js';
import { wrapped, type WrappedSource } from '../../../src/transports/source.js';
import { ObedientLink } from '../../actors/obedient-link.js';
import { outcome } from '../../support/virtual-client.js';

// On virtual time nothing may be loaded while it runs.
await compositeLink();

const http401 = failure({
  kind: 'authorization',
  code: 'http_401',
  message: 'it wants to know who we are',
  executed: 'no',
  retryable: false,
});

const streamEnded = failure({
  kind: 'connection',
  code: 'stream_ended',
  message: 'the stream does not open again',
  executed: 'no',
  retryable: true,
});

const result = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'careful', version: '1' },
};

/** It was opened, and the handshake turned down. */
async function challenge(link: ObedientLink): Promise<void> {
  link.events.opened();
  await settle();
  link.events.challenged(http401);
}

/** Somebody has logged in, and the handshake is made anew. */
async function logIn(link: ObedientLink): Promise<void> {
  link.events.authorized();
  await settle();
  await shakeHands(link);
}

async function shakeHands(link: ObedientLink): Promise<void> {
  link.answer(link.idOf('initialize'), result);
  link.accepted.get('notifications/initialized')?.(null);
  await settle();
}

const list = (name: string) => ({ tools: [{ name, inputSchema: { type: 'object' } }] });
const names = ({ value }: { readonly value: unknown }): string[] =>
  (value as readonly { name: string }[]).map(({ name }) => name);

interface Setting {
  readonly client: Client;
  readonly clock: VirtualClock;
  readonly complaints: string[];
  readonly changes: string[];
}

/** Of a server that wants to know who we are, one link after the other, and of one that does not. */
function inFrontOf(...links: ObedientLink[]): Setting {
  const clock = new VirtualClock();
  const complaints: string[] = [];
  const changes: string[] = [];
  const quick = scriptedServer();
  const client = new Client(several({ careful: ObedientLink.source(...links), quick: quick.source }), {
    clock,
    name: 'front',
    onError: (error, where) => complaints.push(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    messageHandler: ({ method }) => {
      changes.push(method);
    },
  });
  return { client, clock, complaints, changes };
}

async function connected(...links: [ObedientLink, ...ObedientLink[]]): Promise<Setting & { lease: Lease }> {
  const setting = inFrontOf(...links);
  const connecting = setting.client.connect();
  await settle();
  links[0].events.opened();
  await settle();
  await shakeHands(links[0]);
  return { ...setting, lease: await connecting };
}

const states = ({ servers }: Client): string[] => servers.map(({ name, state }) => `${name} ${state}`);

it('a server that somebody has to log in to keeps nobody from the others, and comes when they have', async () => {
  const link = new ObedientLink();
  const { client, clock, changes } = inFrontOf(link);
  const connecting = outcome(client.connect());
  await settle();
  await challenge(link);
  await clock.advance(1_000);
  expect(connecting.state).toBe('fulfilled');
  expect(states(client)).toEqual(['careful connecting', 'quick ready']);
  const one = outcome(client.listTools());
  await clock.advance(5_000);
  expect(names(one)).toEqual(['quick_echo']);
  await clock.advance(120_000);
  expect(changes).toEqual([]);
  await logIn(link);
  expect(states(client)).toEqual(['careful ready', 'quick ready']);
  expect(changes).toEqual(['notifications/tools/list_changed']);
  const both = outcome(client.listTools());
  await settle();
  link.answer(link.idOf('tools/list'), list('secret'));
  await settle();
  expect(names(both)).toEqual(['careful_secret', 'quick_echo']);
  await client.close();
});

describe('of a client of several servers, `servers` says', () => {
  it('that one waits for a login, also in `ready`', async () => {
    const link = new ObedientLink();
    const { client } = inFrontOf(link);
    void client.connect().catch(() => undefined);
    await settle();
    await challenge(link);
    expect(client.servers).toMatchObject([
      { name: 'careful', path: 'connecting.authorizing', authorizing: true },
      { name: 'quick', path: 'ready.leased', authorizing: false, degraded: null },
    ]);
    await logIn(link);
    link.events.challenged(http401);
    expect(client.servers[0]).toMatchObject({ path: 'ready.leased', authorizing: true });
    link.events.authorized();
    expect(client.servers[0]).toMatchObject({ path: 'ready.leased', authorizing: false });
    await client.close();
  });

  it('that one cannot be heard, and why, while the client in front is as it was', async () => {
    const link = new ObedientLink();
    const { client } = await connected(link);
    link.events.degraded(streamEnded);
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.leased', degraded: null });
    expect(client.servers[0]).toMatchObject({ path: 'ready.degraded', degraded: { code: 'stream_ended' } });
    link.events.restored();
    expect(client.servers[0]).toMatchObject({ path: 'ready.leased', degraded: null });
    await client.close();
  });

  it('a group says it too', async () => {
    const link = new ObedientLink();
    const group = new ClientGroup({ careful: ObedientLink.source(link) }, { clock: new VirtualClock() });
    void group.connect().catch(() => undefined);
    await settle();
    await challenge(link);
    expect(group.status()).toMatchObject([{ path: 'connecting.authorizing', authorizing: true, degraded: null }]);
    await logIn(link);
    link.events.degraded(streamEnded);
    expect(group.status()).toMatchObject([{ path: 'ready.degraded', degraded: { code: 'stream_ended' } }]);
    await group.close();
  });
});

describe('a list does without a server that waits for a login', () => {
  it('when it lost its session: after two seconds for a token that is only renewed, then at once', async () => {
    const [link, next] = [new ObedientLink(), new ObedientLink()];
    const { client, clock, lease, complaints } = await connected(link, next);
    link.events.lost(streamEnded, false);
    await settle();
    await challenge(next);
    expect(client.servers[0]).toMatchObject({ path: 'connecting.authorizing' });
    const first = outcome(lease.listTools());
    await clock.advance(1_999);
    expect(first.state).toBe('pending');
    await clock.advance(1);
    expect(names(first)).toEqual(['quick_echo']);
    expect(complaints.at(-1)).toMatch(/"careful": a list on front\/careful.*credentials are being got.*who we are/);
    const second = outcome(lease.listTools());
    await settle();
    expect(names(second)).toEqual(['quick_echo']);
    await client.close();
  });

  it('in `ready`; and is told that it changed when the login is done', async () => {
    const link = new ObedientLink();
    const { client, clock, lease, changes } = await connected(link);
    const first = outcome(lease.listTools());
    await settle();
    link.events.challenged(http401);
    await clock.advance(2_000);
    expect(names(first)).toEqual(['quick_echo']);
    const second = outcome(lease.listTools());
    await settle();
    expect(names(second)).toEqual(['quick_echo']);
    expect(changes).toEqual([]);
    link.events.authorized();
    await settle();
    expect(changes).toEqual(['notifications/tools/list_changed']);
    await client.close();
  });

  it('and not without one whose token is renewed, each time it is', async () => {
    const link = new ObedientLink();
    const { client, clock, lease, changes, complaints } = await connected(link);
    for (let times = 0; times < 3; times += 1) {
      const both = outcome(lease.listTools());
      await settle();
      link.events.challenged(http401);
      await clock.advance(1_500);
      link.events.authorized();
      await clock.advance(1_500);
      link.answer(link.idOf('tools/list'), list('secret'));
      await settle();
      expect(names(both)).toEqual(['careful_secret', 'quick_echo']);
    }
    expect([...changes, ...complaints]).toEqual([]);
    await client.close();
  });

  it('of a group, and says why where there is no other', async () => {
    const link = new ObedientLink();
    const clock = new VirtualClock();
    const group = new ClientGroup({ careful: ObedientLink.source(link) }, { clock, name: 'all' });
    const connecting = group.connect();
    await settle();
    link.events.opened();
    await settle();
    await shakeHands(link);
    await connecting;
    link.events.challenged(http401);
    const tools = outcome(group.listTools());
    await clock.advance(2_000);
    expect(tools.value).toBeInstanceOf(AuthorizationError);
    expect(tools.value).toMatchObject({ code: 'authorizing', executed: 'no', retryable: true });
    await group.close();
    expect(clock.armed).toBe(0);
  });
});

describe('close() waits for no login', () => {
  it.each(['connecting', 'ready', 'a list'])('begun in %s', async (where) => {
    const link = new ObedientLink();
    const { client, clock } = inFrontOf(link);
    const connecting = outcome(client.connect());
    await settle();
    link.events.opened();
    await settle();
    if (where !== 'connecting') await shakeHands(link);
    const tools = where === 'a list' ? outcome(client.listTools()) : null;
    await settle();
    link.events.challenged(http401);
    const closing = outcome(client.close({ drain: 0 }));
    await settle();
    expect([closing.state, connecting.state]).not.toContain('pending');
    expect(tools?.state).not.toBe('pending');
    expect(states(client)).toEqual(['careful disconnected', 'quick disconnected']);
    expect(clock.armed).toBe(0);
  });
});

describe('finishAuth()', () => {
  const finished: string[] = [];
  /** A server with a login, which takes what comes back from it. */
  const withLogin = (name: string, link: ObedientLink): WrappedSource => ({
    [wrapped]: () => ({
      label: name,
      open: () => link,
      finishAuthorization: (code) => {
        finished.push(`${name} ${String(code)}`);
        return Promise.resolve();
      },
    }),
  });

  it('in front of several servers wants to know whose login it is, and says who waits for one', async () => {
    const [a, b] = [new ObedientLink(), new ObedientLink()];
    const client = new Client(several({ a: withLogin('a', a), b: withLogin('b', b) }), { clock: new VirtualClock() });
    const connecting = outcome(client.connect());
    const mistake = outcome(client.finishAuth('code'));
    await settle();
    expect(mistake.value).toBeInstanceOf(ConfigError);
    expect(mistake.value).toMatchObject({ message: expect.stringMatching(/of a, b; none of them waits/) as string });
    await challenge(b);
    await expect(client.finishAuth('code')).rejects.toThrow(
      /finishAuth\(code, \{ server: "b" \}\), of a, b; waiting .*: b$/,
    );
    await expect(client.finishAuth('code', { server: 'c' })).rejects.toThrow(/there is no server "c".*waiting .*: b$/);
    expect(finished).toEqual([]);
    await client.finishAuth('code', { server: 'b' });
    expect(finished).toEqual(['b code']);
    await client.close({ drain: 0 });
    expect(connecting.state).toBe('rejected');
  });

  it('in front of one takes its name, and no other', async () => {
    finished.length = 0;
    const client = new Client(withLogin('a', new ObedientLink()), { name: 'single' });
    await client.finishAuth('one');
    await client.finishAuth('two', { server: 'single' });
    await expect(client.finishAuth('three', { server: 'a' })).rejects.toBeInstanceOf(ConfigError);
    expect(finished).toEqual(['a one', 'a two']);
  });

  it('says which server it is that takes no login', async () => {
    const { client } = inFrontOf(new ObedientLink());
    await expect(client.finishAuth('code', { server: 'quick' })).rejects.toThrow(/takes no login: front\/quick/);
  });
});

it('the handshake in front has time for the longest login behind it, where a server has an address', () => {
  const times = { connectTimeout: 1_000, initTimeout: 2_000, closeTimeout: 500, authTimeout: 60_000 };
  const front = (source: string | URL | { url: string } | { command: string }, options: ClientOptions = {}): number =>
    frontOptions(resolveOptions(times), times, new Map([['a', { source, options }]])).chart.initTimeout;
  expect(front({ command: 'server' })).toBe(3_500);
  expect(front('server.py')).toBe(3_500);
  for (const source of ['https://a.example/mcp', new URL('https://a.example/mcp'), { url: 'https://a.example/mcp' }]) {
    expect(front(source)).toBe(63_500);
    expect(front(source, { authTimeout: 90_000 })).toBe(93_500);
  }
});
