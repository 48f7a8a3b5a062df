/** Who decides, or is told, is user code: what it sees, and what becomes of the session where it fails. */
import { describe, expect, it } from 'vitest';
import { Client } from '../../../src/index.js';
import { faulty, scriptedServer, settle, virtualClock, type FaultPlan } from '../../../src/testing/index.js';
import { faultyClient, refusal } from './support.js';

describe('a predicate', () => {
  it('sees every moment, and decides', async () => {
    const moments: string[] = [];
    const { client, clock } = faultyClient((moment) => {
      moments.push('method' in moment ? `${moment.at} ${String(moment.method)} ${String(moment.nth)}` : moment.at);
      return 'method' in moment && moment.at === 'receive' && moment.method === 'ping'
        ? { fault: 'delay', ms: 30 }
        : null;
    });
    await clock.until(client.use((lease) => lease.ping()));
    expect(clock.now()).toBe(30);
    expect(moments).toEqual([
      'create',
      'open',
      'opened',
      'send initialize 1',
      'receive initialize 1',
      'send notifications/initialized 2',
      'send ping 3',
      'receive ping 2',
      'close',
    ]);
  });

  it.each([
    [
      () => ({ fault: 'refuse' }),
      /"refuse" cannot strike at "send", where a message goes to the server; it can at "open"/,
    ],
    [() => ({ fault: 'delay' }), /the predicate's answer\.ms: .*expected number/],
    [() => 'drop', /the predicate's answer must be an object/],
    [
      () => {
        throw new Error('a predicate with a bug');
      },
      /a predicate with a bug/,
    ],
  ])('that answers nonsense ends the session, and says why: %s', async (answer, message) => {
    const { client, clock } = faultyClient(((moment) =>
      moment.at === 'send' && moment.method === 'ping' ? answer() : null) as FaultPlan);
    const lease = await client.connect();
    const error = await clock.until(refusal(lease.ping()));
    expect(error).toMatchObject({ code: 'fault_plan', retryable: false });
    expect((error as Error).message).toMatch(message);
  });
});

describe('what is asked for faults, or told of them', () => {
  it('fails at once where it throws before there is a connection', async () => {
    const { client, clock } = faultyClient(() => ({ fault: 'drop' }), { reconnect: { initial: true } });
    const error = await clock.until(refusal(client.connect()));
    expect(error).toMatchObject({ code: 'fault_plan', retryable: false });
    expect((error as Error).message).toMatch(/the fault plan failed: .*"drop" cannot strike at "create"/);
    expect(clock.now()).toBe(0);
  });

  it('takes nothing back of what it let through before it threw', async () => {
    const { client, clock, server } = faultyClient((moment) => {
      if (moment.at === 'send' && 'method' in moment && moment.nth === 6) throw new Error('a bug');
      return null;
    });
    const lease = await client.connect();
    await lease.ping();
    // The first goes alone, the next two together; the last of them is the sixth message.
    await clock.until(Promise.allSettled([1, 2, 3].map((n) => lease.callTool(String(n)))));
    expect(server.connections[0]?.sent('tools/call').map(({ params }) => params?.name)).toEqual(['1', '2']);
  });

  it('may close the client, and what was to go wrong then does not', async () => {
    const clock = virtualClock();
    let client: Client | null = null;
    const source = faulty(
      scriptedServer().source,
      [
        { fault: 'delay', at: 'receive', method: 'ping', ms: 5_000 },
        { fault: 'delay', at: 'send', method: 'tools/call', ms: 5_000 },
      ],
      { onFault: () => void client?.close({ drain: 0 }) },
    );
    for (const method of ['ping', 'callTool'] as const) {
      client = new Client(source, { clock });
      const lease = await client.connect();
      expect(await refusal(method === 'ping' ? lease.ping() : lease.callTool('echo'))).toMatchObject({
        name: 'ClosedError',
      });
      expect(clock.armed).toBe(0);
    }
  });

  it('does not know the method of a late reply to a request that had failed', async () => {
    const methods: unknown[] = [];
    const { client, server } = faultyClient((moment) => {
      if ('method' in moment && moment.at === 'receive') methods.push(moment.method);
      return 'method' in moment && moment.at === 'send' && moment.method === 'ping' ? { fault: 'fail' } : null;
    });
    const lease = await client.connect();
    await refusal(lease.ping());
    server.last.reply(2, {});
    await settle();
    expect(methods).toEqual(['initialize', null]);
  });
});
