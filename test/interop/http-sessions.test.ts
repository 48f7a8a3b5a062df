/**
 * HTTP servers that forget our session. The rows of "what kills what":
 *
 * 404 with our session id: that call is made again once in the next generation (refused, so not
 * executed); calls beside it `SessionLostError`, maybe, unless their stream still delivers; queued:
 * next generation; the session is lost, the next one at once.
 * 400 with our session id: one `ping` on the session decides: refused too, as 404; else `McpError` or
 * `ConnectionError` for that call; beside: live; queued: wait for the ping.
 */
import { describe, expect, it } from 'vitest';
import { ConnectionError, McpActorError, McpError, SessionLostError } from '../../src/index.js';
import { httpClient, watchedStates } from '../support/http-clients.js';
import { faults, type Fault } from '../support/http-faults.js';
import { textOf } from '../support/results.js';

describe.each([404, 400] as const)('a server whose sessions expire, answering %i', (unknownSession) => {
  it('is initialized once more, and the refused call is made once more by itself', async () => {
    const { client, server } = await httpClient({ unknownSession });
    const lease = await client.connect();
    const before = client.sessionId;
    server.forget();
    expect(await textOf(lease, 'echo', { text: 'H1a' })).toBe('H1a');
    expect(server.count('initialize')).toBe(2);
    expect(server.count('tools/call')).toBe(2);
    expect(server.count('ping')).toBe(unknownSession === 400 ? 1 : 0);
    expect(client.generation).toBe(2);
    expect(client.sessionId).not.toBe(before);
    expect(server.sessions).toContain(client.sessionId);
    expect(lease.active).toBe(true);
    // H1b: and the one after that.
    expect(await textOf(lease, 'echo', { text: 'H1b' })).toBe('H1b');
    expect(server.count('initialize')).toBe(2);
  });

  it('is initialized once more for 50 calls that are refused together, each made once more at the most', async () => {
    const { client, server } = await httpClient({ unknownSession });
    const lease = await client.connect();
    server.forget();
    const texts = Array.from({ length: 50 }, (_, at) => `call ${String(at)}`);
    expect(await Promise.all(texts.map((text) => textOf(lease, 'echo', { text })))).toEqual(texts);
    expect(server.count('initialize')).toBe(2);
    const tries = new Map<unknown, number>();
    for (const { message } of server.visits) {
      if (message.method === 'tools/call') tries.set(message.id, (tries.get(message.id) ?? 0) + 1);
    }
    expect(Math.max(...tries.values())).toBe(2);
  });

  it('never makes isConnected() lie: it is true in ready, of the living generation, and nowhere else', async () => {
    const { client, server } = await httpClient({ unknownSession }, { drain: 0 });
    const lease = await client.connect();
    const states = watchedStates(client);
    const beside = lease.callTool('hold').catch((error: unknown) => {
      expect(error).toBeInstanceOf(SessionLostError);
      // Told of the loss, nobody finds the old session connected.
      return client.isConnected() ? client.generation : 2;
    });
    await server.arrived('tools/call');
    server.forget();
    await textOf(lease, 'echo', { text: 'x' });
    expect(client.isConnected()).toBe(true);
    expect(await beside).toBe(2);
    expect(states).toEqual(['1 closing', '2 connecting', '2 initializing', '2 ready connected']);
    await client.close();
    expect(client.isConnected()).toBe(false);
  });

  it('still delivers what it had begun to answer', async () => {
    const { client, server } = await httpClient({ unknownSession }, { drain: 2_500 });
    const lease = await client.connect();
    const beside = textOf(lease, 'hold');
    await server.arrived('tools/call');
    server.forget();
    const refused = textOf(lease, 'echo', { text: 'again' });
    await client.waitFor('closing');
    server.release();
    // Expected: beside it: SessionLostError, unless their stream still delivers.
    expect(await beside).toBe('released');
    expect(await refused).toBe('again');
    expect(server.count('initialize')).toBe(2);
  });

  it('loses what it never answers, with the status in the cause, once draining is over', async () => {
    const { client, server } = await httpClient({ unknownSession }, { drain: 100 });
    const lease = await client.connect();
    const beside = lease.callTool('hold');
    await server.arrived('tools/call');
    server.forget();
    const refused = textOf(lease, 'echo', { text: 'again' });
    await expect(beside).rejects.toMatchObject({
      name: 'SessionLostError',
      code: 'session_expired',
      executed: 'maybe',
      generation: 1,
      cause: { status: unknownSession },
    });
    expect(await refused).toBe('again');
  });

  it('makes a call that is refused again and again no more than twice', async () => {
    const { client, server } = await httpClient({ unknownSession }, { reconnect: { initialDelay: 10 } });
    const lease = await client.connect();
    const forgetful: Fault = (visit) => {
      server.forget();
      visit.behave();
    };
    server.next('tools/call', forgetful, forgetful);
    const call = lease.callTool('echo', { text: 'x' });
    // Expected: made again once; it was refused both times, so not executed.
    await expect(call).rejects.toBeInstanceOf(McpActorError);
    await expect(call).rejects.toMatchObject({ executed: 'no', code: 'session_expired', retryable: true });
    expect(server.count('tools/call')).toBe(2);
    expect(await textOf(lease, 'echo', { text: 'third session' })).toBe('third session');
    expect(client.generation).toBe(3);
  });

  it('is noticed by whatever is refused: a ping, a list, a notification', async () => {
    const { client, server } = await httpClient({ unknownSession }, { reconnect: { initialDelay: 10 } });
    const lease = await client.connect();
    for (const use of [() => lease.ping(), () => lease.listTools()]) {
      server.forget();
      await use();
    }
    expect(client.generation).toBe(3);
    server.forget();
    await lease.notify('notifications/roots/list_changed');
    // Nobody waits for an answer; the next call finds the new session, or makes it.
    await lease.ping();
    expect(client.generation).toBe(4);
    expect(server.count('initialize')).toBe(4);
  });

  it('that restarts, breaking every connection, is initialized once more [2.3.22]', async () => {
    const { client, server } = await httpClient({ unknownSession });
    const lease = await client.connect();
    await lease.ping();
    server.forget();
    server.breakConnections();
    await server.quiet();
    expect(await textOf(lease, 'echo', { text: 'back' })).toBe('back');
    expect(server.count('initialize')).toBe(2);
  });
});

describe('400 that is not about the session', () => {
  it('with a JSON-RPC error is an McpError for that call, after one ping', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', faults.rpcError(400, { code: -32_602, message: 'bad params', data: { at: 'text' } }));
    const call = lease.callTool('echo');
    await expect(call).rejects.toBeInstanceOf(McpError);
    await expect(call).rejects.toMatchObject({ code: -32_602, message: 'bad params', data: { at: 'text' } });
    expect(server.count('ping')).toBe(1);
    expect(client.generation).toBe(1);
    expect(client.isConnected()).toBe(true);
  });

  it('with any other body is a ConnectionError for that call, after one ping', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', faults.status(400, { 'content-type': 'text/plain' }, 'no such thing'));
    const call = lease.callTool('echo');
    await expect(call).rejects.toBeInstanceOf(ConnectionError);
    await expect(call).rejects.toMatchObject({
      status: 400,
      executed: 'no',
      cause: { status: 400, body: 'no such thing' },
    });
    expect(server.count('ping')).toBe(1);
    expect(client.generation).toBe(1);
  });

  it('of ten calls at once costs one ping, for which later calls wait while those beside live', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    const beside = textOf(lease, 'hold');
    await server.arrived('tools/call');
    const held: (() => void)[] = [];
    server.next('ping', ({ behave }) => held.push(behave));
    server.always('tools/call', faults.status(400));
    const refused = Array.from({ length: 10 }, () => lease.callTool('echo').catch((error: unknown) => error));
    await server.arrived('ping');
    await server.arrived('tools/call', 11);
    server.always('tools/call', null);
    const queued = textOf(lease, 'echo', { text: 'waited' });
    // Expected: queued: wait for the ping; beside: live.
    expect(client.inFlight.at(-1)).toMatchObject({ phase: 'queued' });
    server.release();
    expect(await beside).toBe('released');
    expect(server.count('tools/call')).toBe(11);
    for (const behave of held) behave();
    expect(await queued).toBe('waited');
    for (const error of await Promise.all(refused))
      expect(error).toMatchObject({ name: 'ConnectionError', status: 400 });
    expect(server.count('ping')).toBe(1);
    expect(client.generation).toBe(1);
  });
});
