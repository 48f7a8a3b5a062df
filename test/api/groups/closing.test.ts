/** Leaving a group: nothing that was taken part in is left, and nobody waits for what they have left. In virtual time. */
import { describe, expect, it } from 'vitest';
import {
  ClientGroup,
  ClosedError,
  ConnectionError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  type GroupServer,
} from '../../../src/index.js';
import { scriptedServer } from '../../../src/testing/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { outcome, settle } from '../../support/virtual-client.js';

function groupOf(servers: Readonly<Record<string, GroupServer>>): { group: ClientGroup; clock: VirtualClock } {
  const clock = new VirtualClock();
  const group = new ClientGroup(servers, { clock, random: () => 0.5, onError: () => undefined });
  return { group, clock };
}

const hang = () => new Promise<void>(() => undefined);
const down = () => Promise.reject(new Error('nobody home'));
const states = (group: ClientGroup): string[] => group.status().map(({ name, state }) => `${name} ${state}`);
const held = (group: ClientGroup): number =>
  [...group.clients.values()].reduce((sum, { leases }) => sum + leases.length, 0);

describe('close() of a group', () => {
  it('ends its leases: a later call is refused, and brings no server back', async () => {
    const a = scriptedServer();
    const { group } = groupOf({ a: a.source });
    const lease = await group.connect();
    await group.close();
    expect([lease.active, lease.leases.size]).toEqual([false, 0]);
    await expect(group.callTool('a', 'echo')).rejects.toBeInstanceOf(NotConnectedError);
    await settle();
    expect([states(group), a.connections.length]).toEqual([['a disconnected'], 1]);
    await lease.release();
  });

  it('is not undone by a server that is added later', async () => {
    const [a, late] = [scriptedServer(), scriptedServer()];
    const { group } = groupOf({ a: a.source });
    await group.connect();
    await group.close();
    group.add('late', late.source);
    await settle();
    expect([states(group), late.connections.length]).toEqual([['a disconnected', 'late disconnected'], 0]);
  });

  it('is what those are told of who still wait for it', async () => {
    const [a, hung] = [scriptedServer(), scriptedServer({ onStart: hang })];
    const { group } = groupOf({ a: a.source, hung: hung.source });
    const connecting = outcome(group.connect());
    await settle();
    await group.close({ drain: 0 });
    await settle();
    expect(connecting.value).toBeInstanceOf(ClosedError);
    expect(held(group)).toBe(0);
  });
});

describe('a lease that is granted in the tick in which it is given up', () => {
  it('by the signal of connect() is nobody’s', async () => {
    const a = scriptedServer();
    const { group } = groupOf({ a: a.source });
    const controller = new AbortController();
    group.clients.get('a')?.subscribe(({ state }) => {
      if (state === 'ready') controller.abort();
    });
    await expect(group.connect({ signal: controller.signal })).rejects.toBeInstanceOf(RequestAbortedError);
    await settle();
    expect([states(group), held(group)]).toEqual([['a disconnected'], 0]);
  });

  it('by release() is nobody’s', async () => {
    const [a, b] = [scriptedServer(), scriptedServer()];
    let up = (): void => undefined;
    b.onStart = () => new Promise<void>((resolve) => (up = resolve));
    const { group, clock } = groupOf({ a: a.source, b: b.source });
    const connecting = group.connect({ timeout: 100 });
    await clock.advance(100);
    const lease = await connecting;
    group.clients.get('b')?.subscribe(({ state }) => {
      if (state === 'ready') void lease.release();
    });
    up();
    await settle();
    expect([states(group), held(group)]).toEqual([['a disconnected', 'b disconnected'], 0]);
  });
});

it('release() does not wait for a server that it never had a part in, and that is kept for others', async () => {
  const [a, b] = [scriptedServer(), scriptedServer({ onStart: down })];
  const { group } = groupOf({
    a: a.source,
    b: { source: b.source, idleTimeout: Infinity, reconnect: { attempts: 1 } },
  });
  const lease = await group.connect();
  await settle();
  b.onStart = undefined;
  await group.clients.get('b')?.use(() => Promise.resolve());
  expect(states(group)).toEqual(['a ready', 'b ready']);
  const releasing = outcome(lease.release());
  await settle();
  expect([releasing.state, states(group)]).toEqual(['fulfilled', ['a disconnected', 'b ready']]);
  await group.close();
});

describe('who gives up waiting', () => {
  it('for a server that a call needs is told so at once, by the time or the signal of the call', async () => {
    const [a, hung] = [scriptedServer(), scriptedServer({ onStart: hang })];
    const { group, clock } = groupOf({ a: a.source, hung: hung.source });
    const connecting = group.connect({ timeout: 100 });
    await clock.advance(100);
    const lease = await connecting;
    expect(lease.failures.get('hung')).toBeInstanceOf(ConnectionError);
    expect(lease.failures.get('hung')).toMatchObject({ code: 'not_up_yet', retryable: true });
    const controller = new AbortController();
    const [late, aborted, urgent] = [
      outcome(group.callTool('hung', 'echo', {}, { timeout: 500 })),
      outcome(group.callTool('hung', 'echo', {}, { signal: controller.signal })),
      outcome(group.callTool('hung', 'echo', {}, { failFast: true })),
    ];
    await settle();
    expect([late.state, aborted.state, urgent.state]).toEqual(['pending', 'pending', 'rejected']);
    controller.abort();
    await settle();
    expect(aborted.value).toBeInstanceOf(RequestAbortedError);
    await clock.advance(500);
    expect(late.value).toBeInstanceOf(RequestTimeoutError);
    await group.close({ drain: 0 });
  });

  it('does not wait for the end of the server that was not up', async () => {
    const hung = scriptedServer({ onStart: hang, onClose: hang });
    const { group, clock } = groupOf({ hung: hung.source });
    const connecting = outcome(group.connect({ timeout: 300 }));
    await clock.advance(300);
    expect(connecting.value).toBeInstanceOf(RequestTimeoutError);
    await clock.untilIdle();
    expect(states(group)).toEqual(['hung disconnected']);
  });

  it('of a call has what is left of its time when the server comes up', async () => {
    const slow = scriptedServer({ script: ({ method }) => method === 'tools/call' });
    const other = scriptedServer();
    let up = (): void => undefined;
    slow.onStart = () => new Promise<void>((resolve) => (up = resolve));
    const { group, clock } = groupOf({ slow: slow.source, other: other.source });
    const connecting = group.connect({ timeout: 100 });
    await clock.advance(100);
    await connecting;
    const call = outcome(group.callTool('slow', 'echo', {}, { timeout: 1_000 }));
    await clock.advance(600);
    up();
    await settle();
    expect(slow.count('tools/call')).toBe(1);
    await clock.advance(399);
    expect(call.state).toBe('pending');
    await clock.advance(1);
    expect(call.value).toBeInstanceOf(RequestTimeoutError);
    await group.close({ drain: 0 });
  });
});
