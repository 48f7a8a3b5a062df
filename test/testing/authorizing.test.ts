/** A client whose server wants to be shown who it is, walked through every way that can go. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError, Client, ClosedError, RequestAbortedError, type ClientOptions } from '../../src/index.js';
import { scriptedServer, settle, virtualClock, watch, type ScriptedServerOptions } from '../../src/testing/index.js';

function walked(server: ScriptedServerOptions = {}, options: ClientOptions = {}) {
  const clock = virtualClock();
  const scripted = scriptedServer({ tools: { '*': (_args, name) => name }, ...server });
  const heard: unknown[] = [];
  const client = new Client(scripted.source, {
    name: 'test',
    clock,
    random: () => 0.5,
    messageHandler: ({ method }) => heard.push(method),
    ...options,
  });
  return { clock, server: scripted, client, watched: watch(client), heard };
}

const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it did not fail, but gave ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

/** Turns this method down, so many times. */
const challenging = (method: string, times = 1): ScriptedServerOptions => {
  let left = times;
  return {
    script: (message, connection) => {
      if (message.method !== method || left === 0) return false;
      left -= 1;
      connection.challenge(message);
      return true;
    },
  };
};

const authorizing = 'connecting.authorizing';
const handshaking = 'initializing.negotiating.handshaking';

describe('a handshake that the server turns down', () => {
  it.each(['initialize', 'notifications/initialized'])(
    'is made anew when there are credentials (%s)',
    async (method) => {
      const { client, server, watched } = walked(challenging(method));
      const connecting = client.connect();
      await settle();
      expect(client.getSnapshot()).toMatchObject({ path: authorizing, state: 'connecting' });
      server.last.authorize();
      const lease = await connecting;
      expect(await lease.callTool('hello')).toMatchObject({ content: [{ text: 'hello' }] });
      const ids = server.last.sent('initialize').map(({ id }) => id);
      expect([client.generation, new Set(ids).size, ids.length]).toEqual([1, 2, 2]);
      expect(watched.states.slice(0, 6)).toEqual([
        'disconnected',
        'connecting.opening',
        handshaking,
        authorizing,
        handshaking,
        'ready.leased',
      ]);
    },
  );

  it('waits for the user, and not for the deadlines of connecting and of the handshake', async () => {
    const { client, server, clock } = walked(challenging('initialize'));
    const connecting = client.connect();
    await clock.advance(299_000);
    server.last.authorize();
    await connecting;
    expect(client.state).toBe('ready');
  });

  it('fails after authTimeout, and says what was turned down', async () => {
    const { client, clock, server } = walked(challenging('initialize'));
    const error = await clock.until(refusal(client.connect()));
    expect(error).toBeInstanceOf(AuthorizationError);
    expect(error).toMatchObject({ code: 'authorization_timeout', executed: 'no', retryable: false });
    expect((error as Error).message).toContain('the scripted server wants to be shown who we are');
    expect([clock.now(), client.generation, server.last.closed, clock.armed]).toEqual([300_000, 1, 1, 0]);
    expect(client.failure).toMatchObject({ code: 'authorization_timeout' });
  });

  it('takes as long as authTimeout allows', async () => {
    const { client, clock } = walked(challenging('initialize'), { authTimeout: 7_000 });
    await clock.until(refusal(client.connect()));
    expect(clock.now()).toBe(7_000);
  });

  it('fails for everybody who waits when it is denied, and is not tried again', async () => {
    const { client, server, clock } = walked(challenging('initialize'));
    const waiting = [client.connect(), client.connect()].map(refusal);
    await settle();
    server.last.deny();
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(AuthorizationError);
      expect(error).toMatchObject({ code: 'authorization_denied', retryable: false, status: 401 });
    }
    await clock.advance(600_000);
    expect([client.state, server.connections.length, clock.armed]).toEqual(['disconnected', 1, 0]);
  });

  it('is made thrice anew, and then the session is given up', async () => {
    const { client, server, clock } = walked({
      script: (message, connection) => {
        if (message.method !== 'initialize') return false;
        connection.challenge(message);
        queueMicrotask(() => {
          connection.authorize();
        });
        return true;
      },
    });
    const error = await clock.until(refusal(client.connect()));
    expect(error).toMatchObject({ name: 'AuthorizationError', code: 'http_401' });
    expect([server.count('initialize'), server.connections.length, clock.now()]).toEqual([4, 1, 0]);
    expect(client.state).toBe('disconnected');
  });

  it('is forgotten when the client is closed', async () => {
    const { client, server, clock } = walked(challenging('initialize'));
    const connecting = refusal(client.connect());
    await settle();
    await clock.until(client.close());
    expect(await connecting).toBeInstanceOf(ClosedError);
    server.last.authorize();
    await settle();
    expect([client.state, server.count('initialize'), server.last.closed, clock.armed]).toEqual([
      'disconnected',
      1,
      1,
      0,
    ]);
  });

  it('is forgotten when whoever waited for it thinks better of it', async () => {
    const { client, clock, server } = walked(challenging('initialize'));
    const controller = new AbortController();
    const one = refusal(client.connect({ signal: controller.signal }));
    const other = refusal(client.connect({ timeout: 5_000 }));
    await settle();
    controller.abort();
    expect(await one).toBeInstanceOf(RequestAbortedError);
    expect(client.getSnapshot().path).toBe(authorizing);
    await clock.until(other);
    await settle();
    expect([clock.now(), client.state, server.last.closed]).toEqual([5_000, 'disconnected', 1]);
  });

  it('is forgotten when the last lease is released', async () => {
    const { client, clock, server, watched } = walked(challenging('initialize'), { autoInitialize: false });
    const lease = await client.connect();
    const initializing = refusal(client.initialize());
    await settle();
    expect(client.getSnapshot().path).toBe(authorizing);
    await clock.until(lease.release());
    expect(await initializing).toBeInstanceOf(Error);
    await settle();
    expect([client.state, server.last.closed]).toEqual(['disconnected', 1]);
    expect(watched.states).not.toContain('ready.leased');
  });

  it('goes down with the session', async () => {
    const { client, server, clock } = walked(challenging('initialize'));
    const connecting = refusal(client.connect());
    await settle();
    server.last.drop(new Error('the cable'));
    expect(await clock.until(connecting)).toMatchObject({ cause: { message: 'the cable' } });
    expect(client.state).toBe('disconnected');
  });
});

describe('a connection that has to be authorized before it is open', () => {
  it('opens when it is, and shakes hands once', async () => {
    let open: () => void = () => undefined;
    const { client, server, watched, clock } = walked({
      onStart: (connection) => {
        connection.challenge();
        return new Promise((resolve) => (open = resolve));
      },
    });
    const connecting = client.connect();
    await clock.advance(200_000);
    expect(client.getSnapshot().path).toBe(authorizing);
    server.last.authorize();
    open();
    await connecting;
    expect(server.count('initialize')).toBe(1);
    expect(watched.states.slice(1, 5)).toEqual(['connecting.opening', authorizing, 'connecting.opening', handshaking]);
  });
});

describe('a request that the server turns down', () => {
  const texts = (results: readonly { readonly content: readonly unknown[] }[]): unknown[] =>
    results.map(({ content }) => (content[0] as { readonly text: unknown }).text);

  async function turnedDown() {
    const all = walked(challenging('tools/call'));
    const lease = await all.client.connect();
    const first = lease.callTool('first');
    await settle();
    return { ...all, lease, first };
  }

  it('is made again when there are credentials, before all that was called meanwhile', async () => {
    const { server, lease, first, client } = await turnedDown();
    const others = [lease.callTool('second'), lease.callTool('third')];
    await lease.sendRootsListChanged();
    await settle();
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.leased', authorizing: true });
    expect(server.count('tools/call')).toBe(1);
    server.last.authorize();
    expect(texts(await Promise.all([first, ...others]))).toEqual(['first', 'second', 'third']);
    expect(server.last.sent('tools/call').map(({ params }) => params?.name)).toEqual([
      'first',
      'first',
      'second',
      'third',
    ]);
    expect(server.count('notifications/roots/list_changed')).toBe(1);
    expect(client.getSnapshot().authorizing).toBe(false);
  });

  it('fails when credentials are denied, and so does all that waits; the session lives', async () => {
    const { server, lease, first, client } = await turnedDown();
    const calls = [first, lease.callTool('second'), lease.ping()].map(refusal);
    await settle();
    server.last.deny();
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ name: 'AuthorizationError', code: 'authorization_denied', executed: 'no' });
    expect([client.state, client.generation]).toEqual(['ready', 1]);
    expect(texts([await lease.callTool('fourth')])).toEqual(['fourth']);
  });

  it('is not made again when it was aborted meanwhile, or its time is up', async () => {
    const all = walked(challenging('tools/call'));
    const lease = await all.client.connect();
    const controller = new AbortController();
    const aborted = refusal(lease.callTool('one', {}, { signal: controller.signal }));
    const expired = refusal(lease.callTool('two', {}, { timeout: 1_000 }));
    await settle();
    controller.abort();
    expect(await aborted).toBeInstanceOf(RequestAbortedError);
    await all.clock.until(expired);
    all.server.last.authorize();
    await settle();
    expect(all.server.last.sent('tools/call').map(({ params }) => params?.name)).toEqual(['one']);
    expect(all.client.inFlight).toEqual([]);
  });

  it('fails when it is turned down for the third time', async () => {
    const { client, server } = walked({
      script: (message, connection) => {
        if (message.method !== 'tools/call') return false;
        connection.challenge(message);
        queueMicrotask(() => {
          connection.authorize();
        });
        return true;
      },
    });
    const lease = await client.connect();
    expect(await refusal(lease.callTool('never'))).toMatchObject({ name: 'AuthorizationError', code: 'http_401' });
    expect([server.count('tools/call'), client.state]).toEqual([3, 'ready']);
    await lease.ping();
  });

  it('hangs nobody up when the client is closed', async () => {
    const { client, clock, first, lease, server } = await turnedDown();
    const calls = [first, lease.callTool('second')].map(refusal);
    await settle();
    await clock.until(client.close());
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ClosedError);
    expect([server.last.closed, clock.armed]).toEqual([1, 0]);
  });

  it('goes to no other session when this one is lost; what had not been sent does', async () => {
    const { clock, first, lease, server, client } = await turnedDown();
    const lost = refusal(first);
    const second = lease.callTool('second');
    await settle();
    server.last.drop();
    expect(await clock.until(lost)).toMatchObject({ name: 'SessionLostError' });
    expect(texts([await clock.until(second)])).toEqual(['second']);
    expect([client.generation, client.getSnapshot().authorizing]).toEqual([2, false]);
  });
});

describe('a server that cannot be heard unasked', () => {
  const say = { method: 'notifications/message', params: { level: 'info', data: 'hello' } };

  async function degraded(options: ClientOptions = {}) {
    const all = walked({}, options);
    const lease = await all.client.connect();
    all.server.last.degrade();
    return { ...all, lease };
  }

  it('is shown as degraded until it is heard again, and answers all the while', async () => {
    const { client, server, lease, heard, watched } = await degraded();
    server.last.push(say, { id: 'ask', method: 'roots/list' });
    await settle();
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.degraded', state: 'ready' });
    expect(client.getSnapshot().degraded).toMatchObject({ code: 'stream_unavailable' });
    expect(await lease.callTool('echo')).toMatchObject({ content: [{ text: 'echo' }] });
    expect([heard, server.last.received.filter(({ id }) => id === 'ask')]).toEqual([[], []]);
    server.last.restore();
    server.last.push(say);
    await settle();
    expect(heard).toEqual(['notifications/message']);
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.leased', degraded: null });
    expect(watched.states.slice(-3)).toEqual(['ready.leased', 'ready.degraded', 'ready.leased']);
  });

  it('tells subscribers once of each change', async () => {
    const { client, server } = walked();
    await client.connect();
    const paths: string[] = [];
    client.subscribe(({ path }) => paths.push(path));
    for (let times = 0; times < 3; times += 1) {
      server.last.degrade();
      server.last.degrade();
      server.last.restore();
      server.last.restore();
    }
    await settle();
    expect(paths).toEqual(Array.from({ length: 3 }, () => ['ready.degraded', 'ready.leased']).flat());
  });

  it('is kept idle, and taken up again as it is', async () => {
    const { client, server, lease, clock } = await degraded({ idleTimeout: 10_000 });
    await lease.release();
    expect(client.getSnapshot().path).toBe('ready.idle');
    await clock.advance(5_000);
    const again = await client.connect();
    expect(client.getSnapshot().path).toBe('ready.degraded');
    await again.release();
    server.last.restore();
    await client.connect();
    expect([client.getSnapshot().path, client.generation]).toEqual(['ready.leased', 1]);
  });

  it('is closed with the last lease, or when somebody asks for it', async () => {
    const released = await degraded();
    await released.clock.until(released.lease.release());
    const closed = await degraded();
    await closed.clock.until(closed.client.close());
    for (const { client, server, clock } of [released, closed])
      expect([client.state, server.last.closed, clock.armed]).toEqual(['disconnected', 1, 0]);
  });

  it('is replaced when it is lost, by one that is heard', async () => {
    const { client, server, clock, lease, heard } = await degraded();
    server.last.drop();
    await clock.until(lease.ping());
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.leased', generation: 2, degraded: null });
    server.last.push(say);
    await settle();
    expect(heard).toEqual(['notifications/message']);
  });
});

describe('a connection that no client is at the other end of', () => {
  it('cannot ask for anything', () => {
    const server = scriptedServer();
    server.source();
    expect(() => {
      server.last.challenge();
    }).toThrow('no client is at the other end');
  });
});
