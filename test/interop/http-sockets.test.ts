/** What a client opens to an HTTP server, and what it leaves: never more than `limits.connections`, and nothing. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ClosedError, Lease, type Client } from '../../src/index.js';
import { handles } from '../support/handles.js';
import { httpClient, type HttpClient } from '../support/http-clients.js';
import { event, faults, type Fault, type JsonRpc } from '../support/http-faults.js';
import { firstText, textOf } from '../support/results.js';

/** Warnings that this process printed from now on. */
function warnings(): string[] {
  const printed: string[] = [];
  const note = ({ name, message }: Error): void => void printed.push(`${name}: ${message}`);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  return printed;
}

describe('1,000 calls in flight', () => {
  it.each([
    [64, 59],
    [8, 6],
    [3, 1],
  ])(
    'open at most limits.connections sockets (%i, %i of them for requests) and print no warning',
    async (connections, most) => {
      const { client, server } = await httpClient({}, { limits: { connections } });
      const printed = warnings();
      const lease = await client.connect();
      // Nobody is answered before every socket that there may be is taken.
      const waiting: (() => void)[] = [];
      server.always('tools/call', ({ behave }) => waiting.push(behave));
      const calls = Array.from({ length: 1_000 }, (_, at) => textOf(lease, 'echo', { text: String(at) }));
      await server.arrived('tools/call', most);
      expect(client.inFlight).toHaveLength(1_000);
      expect(client.inFlight.every(({ phase }) => phase === 'sent')).toBe(true);
      server.always('tools/call', null);
      for (const behave of waiting) behave();
      expect(await Promise.all(calls)).toEqual(calls.map((_, at) => String(at)));
      expect(server.mostSockets).toBeLessThanOrEqual(connections);
      await turn();
      expect(printed).toEqual([]);
      expect(client.inFlight).toEqual([]);
    },
  );

  it('with a signal each, or one for all, print no warning either', async () => {
    const { client } = await httpClient();
    const printed = warnings();
    const lease = await client.connect();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 1_000 }, () => lease.callTool('echo', { text: 'x' }, { signal })));
    await turn();
    expect(printed).toEqual([]);
  });
});

describe('64 calls whose servers each ask us something, over a pool of 64', () => {
  /** Asks on the stream of the call, and gives our answer as the result of the call. */
  const asking = (method: string): { ask: Fault; listen: Fault } => {
    const questions = new Map<unknown, (answer: JsonRpc) => void>();
    return {
      ask: ({ message, response }) => {
        const id = `question-${String(message.id)}`;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(event({ jsonrpc: '2.0', id, method }));
        questions.set(id, ({ result, error }) => {
          const text = JSON.stringify({ result, error });
          response.end(event({ jsonrpc: '2.0', id: message.id, result: { content: [{ type: 'text', text }] } }));
        });
      },
      listen: ({ message, response }) => {
        questions.get(message.id)?.(message);
        response.writeHead(202).end();
      },
    };
  };

  it.each([
    ['roots/list', { error: { code: -32_601 } }],
    ['ping', { result: {} }],
  ])('all complete: %s', async (method, expected) => {
    const { client, server } = await httpClient({}, { limits: { connections: 64 } });
    const { ask, listen } = asking(method);
    server.always('tools/call', ask);
    server.always('response', listen);
    const lease = await client.connect();
    const calls = Array.from({ length: 64 }, () => lease.callTool('ask'));
    for (const answer of await Promise.all(calls)) expect(JSON.parse(firstText(answer))).toMatchObject(expected);
    expect(server.count('response')).toBe(64);
    expect(server.mostSockets).toBeLessThanOrEqual(64);
  });
});

describe('close()', () => {
  let before: string[] = [];
  let subject: HttpClient;
  beforeEach(() => {
    before = handles();
  });
  // No socket on either side, no timer, nobody that waits.
  afterEach(async () => {
    const { client, server, clock } = subject;
    expect(client.state).toBe('disconnected');
    expect(client.inFlight).toEqual([]);
    await server.close();
    expect(server.openSockets).toBe(0);
    expect(clock.timers).toBe(0);
    await expect.poll(() => clock.holders).toBe(0);
    await expect.poll(handles).toEqual(before);
  });

  async function closeWithin(client: Client, time: number, options = {}): Promise<void> {
    const since = performance.now();
    await client.close(options);
    expect(performance.now() - since).toBeLessThan(time);
  }

  it('H10: deletes the session', async () => {
    subject = await httpClient();
    const { client, server } = subject;
    await client.connect();
    const { sessionId } = client;
    expect(sessionId).not.toBeNull();
    await closeWithin(client, 4_000);
    expect(server.last('DELETE').headers['mcp-session-id']).toBe(sessionId);
    expect(server.sessions.size).toBe(0);
    expect(client.sessionId).toBeNull();
  });

  it.each([0, 1, 2, 3, 5, 8, 13, 21])(
    '%i turns of the loop after connect(), wherever it has come to',
    async (turns) => {
      subject = await httpClient();
      const attempt = subject.client.connect().catch((error: unknown) => error);
      for (let at = 0; at < turns; at += 1) await turn();
      await closeWithin(subject.client, 4_000);
      const came = await attempt;
      expect(came instanceof Lease ? came.signal.reason : came).toBeInstanceOf(ClosedError);
    },
  );

  it('while initializing, of a server that never answers', async () => {
    subject = await httpClient();
    const { client, server } = subject;
    server.always('initialize', faults.hang);
    const refused = expect(client.connect()).rejects.toBeInstanceOf(ClosedError);
    await server.arrived('initialize');
    await closeWithin(client, 4_000);
    await refused;
  });

  it('with calls that are never answered, twice, within its timeout', async () => {
    subject = await httpClient();
    const { client, server } = subject;
    const lease = await client.connect();
    const calls = Array.from({ length: 100 }, () => lease.callTool('hold'));
    await server.arrived('tools/call', 10);
    const settled = Promise.allSettled(calls);
    await Promise.all([closeWithin(client, 4_000, { drain: 100, timeout: 2_000 }), closeWithin(client, 4_000)]);
    // Expected: drain to finish, then ClosedError and a cancel.
    for (const outcome of await settled)
      expect(outcome).toMatchObject({ reason: { name: 'ClosedError', executed: 'maybe' } });
  });

  it('of a server that answers nothing any more, not even DELETE', async () => {
    subject = await httpClient();
    const { client, server } = subject;
    await client.connect();
    server.always('*', faults.hang);
    await closeWithin(client, 2_500, { timeout: 500 });
  });

  it('from inside a progress callback and from inside messageHandler', async () => {
    const closed: Promise<void>[] = [];
    const messageHandler = (): void => void closed.push(subject.client.close());
    subject = await httpClient({}, { messageHandler });
    const lease = await subject.client.connect();
    const onProgress = messageHandler;
    const call = lease.callTool('count', { steps: 2 }, { onProgress });
    // The answer is in the same chunk, and is delivered.
    expect(firstText(await call)).toBe('counted');
    expect(closed.length).toBeGreaterThan(1);
    await Promise.all(closed);
  });
});
