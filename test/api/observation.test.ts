import { describe, expect, it } from 'vitest';
import {
  Client,
  ConfigError,
  ConnectionError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  type InspectionEvent,
  type SnapshotRecord,
} from '../../src/index.js';
import { actorOf } from '../../src/machines/index.js';
import { never, silentFor } from '../support/scripted-server.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';

describe('subscribe', () => {
  it('tells when state, generation, leases or failure changed, and not for each request', async () => {
    const { client } = virtualClient();
    const seen: SnapshotRecord[] = [];
    const unsubscribe = client.subscribe((snapshot) => seen.push(snapshot));
    await client.use(async (lease) => {
      const before = seen.length;
      await lease.ping();
      await Promise.all([lease.ping(), lease.callTool('x')]);
      expect(seen).toHaveLength(before);
    });
    expect(seen.map(({ path }) => path)).toEqual([
      'connecting.opening',
      'initializing.negotiating.handshaking',
      'ready.leased',
      'closing.terminating',
      'disconnected',
    ]);
    expect(() => JSON.parse(JSON.stringify(seen)) as unknown).not.toThrow();
    unsubscribe();
    await client.use((lease) => lease.ping());
    expect(seen).toHaveLength(5);
  });

  it('a listener that throws or re-enters changes nothing', async () => {
    const { client, complaints } = virtualClient();
    let entered = false;
    client.subscribe(({ state }) => {
      if (state === 'ready' && !entered) {
        entered = true;
        void client.use((lease) => lease.ping());
      }
      if (state === 'closing') throw new Error('listener');
    });
    await client.use((lease) => lease.ping());
    await settle();
    expect(client.state).toBe('disconnected');
    expect(complaints).toEqual(['subscribe: listener']);
  });
});

describe('transitions', () => {
  it('are the transitions taken, with their event, in order', async () => {
    const { client, server } = virtualClient();
    const transitions = client.transitions();
    const lease = await client.connect();
    server.last.onclose?.();
    await client.waitFor('ready');
    await lease.release();
    await transitions.return?.();
    const taken: string[] = [];
    const again = client.transitions();
    await client.use((each) => each.ping());
    for await (const { from, to, event, generation } of again) {
      taken.push(`${from} --${event}--> ${to} (${String(generation)})`);
      if (to === 'disconnected') break;
    }
    expect(taken).toEqual([
      'disconnected --lease.acquired--> connecting.opening (3)',
      'connecting.opening --session.opened--> initializing.negotiating.handshaking (3)',
      'initializing.negotiating.handshaking --session.negotiated--> ready.leased (3)',
      'ready.leased --lease.released--> closing.terminating (3)',
      'closing.terminating --session.ended--> disconnected (3)',
    ]);
  });

  it('keep 1,000 that nobody asks for, drop the oldest, and count what was missed', async () => {
    const { client } = virtualClient();
    const transitions = client.transitions();
    for (let n = 0; n < 250; n += 1) await client.use((lease) => lease.ping());
    expect(transitions.missed).toBe(250);
    const first = await transitions.next();
    expect(first.done === true ? undefined : first.value.generation).toBe(51);
  });

  it('end for whoever waits when they are returned', async () => {
    const { client } = virtualClient();
    const transitions = client.transitions();
    const waiting = transitions.next();
    await transitions.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});

describe('waitFor', () => {
  it('resolves in the state, at once or when it comes', async () => {
    const { client } = virtualClient();
    await client.waitFor('disconnected');
    const entering = client.connect();
    await client.waitFor('ready');
    await (await entering).release();
    await client.waitFor('disconnected');
  });

  it('rejects at once when nothing could ever take it there', async () => {
    const { client } = virtualClient();
    await expect(client.waitFor('ready')).rejects.toBeInstanceOf(NotConnectedError);
    await expect(client.waitFor('closing')).rejects.toBeInstanceOf(NotConnectedError);
  });

  it('rejects with the failure when reconnecting is given up', async () => {
    const { client, server, clock } = virtualClient({ reconnect: { attempts: 2 } });
    await client.connect();
    server.onStart = () => Promise.reject(new Error('gone for good'));
    server.last.onclose?.();
    const waiting = outcome(client.waitFor('ready'));
    await clock.advance(60_000);
    expect(waiting.value).toBeInstanceOf(ConnectionError);
  });

  it('is given up by its timeout and by its signal', async () => {
    const { client, server, clock } = virtualClient();
    server.onStart = never;
    void client.connect().catch(() => undefined);
    const controller = new AbortController();
    const [timed, aborted] = [
      outcome(client.waitFor('ready', { timeout: 50 })),
      outcome(client.waitFor('ready', { signal: controller.signal })),
    ];
    controller.abort();
    await clock.advance(50);
    expect(timed.value).toBeInstanceOf(RequestTimeoutError);
    expect(aborted.value).toBeInstanceOf(RequestAbortedError);
    await client.close();
    expect(clock.armed).toBe(0);
  });
});

describe('inspect', () => {
  it("is told events of the shape of XState's, after the fact, without the bodies of messages", async () => {
    const events: InspectionEvent[] = [];
    const { client, server } = virtualClient({ inspect: (event) => events.push(event) });
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.reply(Number(id), { content: [{ type: 'text', text: 'secret-body' }] });
      return true;
    };
    await client.use((lease) => lease.callTool('x', { password: 'secret-argument' }));
    await settle();
    expect(events[0]?.type).toBe('@xstate.actor');
    expect(events.filter(({ type }) => type === '@xstate.event').map(({ event }) => event?.type)).toEqual([
      'lease.acquired',
      'session.opened',
      'session.negotiated',
      'requests.submitted',
      'session.received',
      'lease.released',
      'session.ended',
    ]);
    const told = JSON.stringify(events.map(({ event, record }) => ({ event, record })));
    expect(told).not.toContain('secret');
    expect(events[0]?.actorRef).toBe(actorOf(client));
  });

  it('an inspector that throws, and another that is an observer, change nothing', async () => {
    let told = 0;
    const { client, complaints } = virtualClient({
      inspect: [
        () => {
          throw new Error('inspector');
        },
        { next: () => (told += 1) },
      ] as never,
    });
    await client.use((lease) => lease.ping());
    await settle();
    expect(told).toBeGreaterThan(5);
    expect(new Set(complaints)).toEqual(new Set(['inspect: inspector']));
  });
});

describe('what a client shows', () => {
  it('of its requests: phase, name, lease and generation', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    void lease.callTool('hang').catch(() => undefined);
    await clock.advance(10);
    expect(client.inFlight).toEqual([
      { requestId: 2, method: 'tools/call', name: 'hang', leaseId: lease.id, phase: 'sent', since: 0, generation: 1 },
    ]);
    await client.close({ drain: 0 });
    expect(client.inFlight).toEqual([]);
  });

  it('of its failure: the root cause, until a session ends because somebody asked', async () => {
    const { client, server } = virtualClient({ reconnect: false });
    await client.connect();
    const cause = new Error('cut');
    server.last.onerror?.(cause);
    server.last.onclose?.();
    await settle();
    expect(client.failure).toBeInstanceOf(ConnectionError);
    expect(client.failure?.cause).toBe(cause);
    expect(client.failure).toBe(client.failure);
    await client.use((lease) => lease.ping());
    expect(client.failure).toBeNull();
  });

  it('of its chart: Mermaid, with the current state marked', async () => {
    const { client } = virtualClient();
    expect(client.chart()).toMatch(/class disconnected active/);
    await client.use(() => {
      expect(client.chart()).toMatch(/class ready_leased active/);
      return Promise.resolve();
    });
  });

  it('by new(): the same configuration, a session of its own [3.1.9]', async () => {
    const { client, server } = virtualClient();
    const other = client.new();
    expect(other.name).toMatch(/^test:[0-9a-f]{4}$/);
    await client.use(() => other.use((lease) => lease.ping()));
    expect(server.connections).toHaveLength(2);
    expect(Client.generateName('x')).toMatch(/^Client-x-[0-9a-f]{4}$/);
  });

  it('actorOf() knows only its own clients', () => {
    expect(() => actorOf({})).toThrow(TypeError);
  });
});

describe('options', () => {
  it.each([
    [{ timeuot: 5 }, 'there is no option timeuot'],
    [{ timeout: 0 }, 'option timeout: must be more than 0 ms; Infinity turns it off'],
    [{ timeout: '5s' }, 'option timeout'],
    [{ limits: { connections: 1 } }, 'option limits.connections: must be 3 at least'],
    [{ limits: { inflight: 1 } }, 'there is no option limits.inflight'],
    [{ reconnect: { attempts: 0 } }, 'option reconnect.attempts'],
    [{ inspect: [1] }, 'option inspect: must be a function, an observer'],
    [{ messageHandler: 'log' }, 'option messageHandler: must be a function'],
    [{ clock: {} }, 'option clock: must have now()'],
  ])('%j is refused with its name and the reason', (options, message) => {
    expect(() => new Client('http://127.0.0.1:1/mcp', options as object)).toThrow(ConfigError);
    expect(() => new Client('http://127.0.0.1:1/mcp', options as object)).toThrow(message);
  });
});
