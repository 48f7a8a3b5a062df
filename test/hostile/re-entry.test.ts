/** Row 50: code of the user's that calls us back while we call it. Whatever it asks for, nothing hangs. */
import { describe, expect, it } from 'vitest';
import type { Client, ClientOptions, Lease } from '../../src/index.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';
import { hearsEveryRejection, throwing, type Act } from './misdeeds.js';

hearsEveryRejection();

/** What user code may call while it is called. Each gives the promises it has made. */
const reentries: readonly (readonly [name: string, act: (client: Client, lease: Lease) => Promise<unknown>[]])[] = [
  ['close()', (client) => [client.close({ drain: 0 })]],
  ['close() a hundred times', (client) => Array.from({ length: 100 }, () => client.close())],
  ['release()', (_, lease) => [lease.release()]],
  ['connect()', (client) => [client.connect()]],
  ['connect() and close()', (client) => [client.connect(), client.close(), client.connect(), client.close()]],
  ['callTool()', (_, lease) => [lease.callTool('inner')]],
  ['a call of the client', (client) => [client.callTool('inner')]],
  [
    'cancel() of everything',
    (client) => (
      client.inFlight.forEach(({ requestId }) => {
        client.cancel(requestId);
      }),
      []
    ),
  ],
  [
    'initialize(), waitFor() and notify()',
    (client) => [client.initialize(), client.waitFor('ready'), client.notify('x')],
  ],
  [
    'subscribe(), transitions() and chart()',
    (client) => (
      client.subscribe(() => undefined)(),
      client.chart(),
      [client.transitions().return?.()] as Promise<unknown>[]
    ),
  ],
];

describe.each(reentries)('user code that calls %s', (_, act) => {
  it.each<
    [
      where: string,
      wire: (run: () => void) => {
        options?: ClientOptions;
        onStart?: Act;
        onProgress?: Act;
        after?: (client: Client, lease: Lease) => void;
      },
    ]
  >([
    ['messageHandler', (run) => ({ options: { messageHandler: run } })],
    ['onError', (run) => ({ options: { onError: run, messageHandler: throwing } })],
    ['inspect', (run) => ({ options: { inspect: run } })],
    ['onStart', (run) => ({ onStart: run })],
    ['onProgress', (run) => ({ onProgress: run })],
    ['a subscriber', (run) => ({ after: (client) => client.subscribe(run) })],
    [
      'an abort listener of its lease',
      (run) => ({
        after: (_client, lease) => {
          lease.signal.addEventListener('abort', run);
        },
      }),
    ],
    ['random', (run) => ({ options: { random: () => (run(), 0.5) } })],
    [
      'a reader of transitions()',
      (run) => ({
        after: (client) =>
          void (async () => {
            for await (const { to } of client.transitions()) if (to !== '') run();
          })(),
      }),
    ],
  ])('inside %s leaves no promise pending, and the chart where it may be (row 50)', async (_where, wire) => {
    const made: Promise<unknown>[] = [];
    const context: { client?: Client; lease?: Lease } = {};
    let runs = 0;
    const run = (): void => {
      const { client, lease } = context;
      // Without an end to it, each answer would bring another call.
      if (client === undefined || lease === undefined || (runs += 1) > 20) return;
      made.push(...act(client, lease));
    };
    const { options = {}, onStart, onProgress, after } = wire(run);
    const { client, server, clock } = virtualClient(options);
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'tools/call') return false;
      if (params?.name === 'hang') return true;
      const progressToken = params?._meta?.progressToken;
      connection.push(
        { method: 'notifications/progress', params: { progressToken, progress: 1 } },
        { method: 'notifications/message', params: { level: 'info', data: 'x' } },
        { id, result: { content: [] } },
      );
      return true;
    };
    const lease = await client.connect();
    Object.assign(context, { client, lease });
    after?.(client, lease);
    const outcomes = [
      outcome(lease.callTool('one', {}, { onStart, onProgress })),
      outcome(lease.callTool('hang', {}, { timeout: 5_000 })),
      outcome(lease.callTool('two', {}, { onStart, onProgress })),
    ];
    await clock.advance(100);
    server.last.onclose?.();
    await clock.advance(10_000);
    outcomes.push(outcome(client.close()));
    await clock.advance(10_000);
    // What was called inside may have connected again, and holds a lease: that is what it asked for.
    runs += 100;
    outcomes.push(outcome(client.close()));
    await clock.advance(100_000);
    outcomes.push(...made.map(outcome));
    await settle();
    expect(outcomes.map(({ state }) => state)).not.toContain('pending');
    expect(runs).toBeGreaterThan(0);
    expect([client.state, client.leases, client.inFlight, clock.armed]).toEqual(['disconnected', [], [], 0]);
  });
});
