import { describe, expect, it } from 'vitest';
import { failure } from '../../src/protocol/failure.js';
import { Chart, chartOptions, exited, result } from '../support/chart.js';

const unauthorized = failure({
  kind: 'authorization',
  code: 'http_401',
  message: 'no',
  executed: 'no',
  retryable: false,
});

describe('connecting', () => {
  it('makes one attempt for everybody who waits, and grants all of them when it is ready', () => {
    const chart = new Chart().acquire(1).acquire(2).acquire(3);
    expect(chart.path).toBe('connecting.opening');
    expect(chart.count('spawned')).toBe(1);
    chart.say({ type: 'session.opened' }).negotiate();
    expect(chart.path).toBe('ready.leased');
    expect(chart.told).toContainEqual({ type: 'leases.granted', ids: [1, 2, 3] });
    expect(chart.count('spawned')).toBe(1);
  });

  it('goes on while somebody waits, and is abandoned with the last of them', () => {
    const chart = new Chart().acquire(1).acquire(2).release(1);
    expect(chart.path).toBe('connecting.opening');
    chart.release(2);
    expect(chart.path).toBe('closing.terminating');
    expect(chart.commands).toEqual([{ type: 'end.requested', within: 3_750 }]);
    expect(chart.end().path).toBe('disconnected');
    expect(chart.context.failure).toBeNull();
  });

  it('fails everybody with the same cause when the first attempt of a run fails', () => {
    const chart = new Chart().acquire(1).acquire(2).lose(exited).end();
    expect(chart.path).toBe('disconnected');
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [1, 2], reason: 'failed', failure: exited });
    expect(chart.context.failure).toBe(exited);
    expect(chart.count('spawned')).toBe(1);
  });

  it('is given up by its deadline', () => {
    const chart = new Chart().acquire(1).pass('connectTimeout');
    expect(chart.path).toBe('closing.terminating');
    expect(chart.end().context.failure?.code).toBe('connect_timeout');
  });

  it('tries the first attempt again when reconnect.initial says so', () => {
    const reconnect = { ...(chartOptions.reconnect as object), initial: true } as typeof chartOptions.reconnect;
    const chart = new Chart({ reconnect }).acquire(1).lose().end();
    expect(chart.path).toBe('connecting.opening');
    expect(chart.context.generation).toBe(2);
    expect(chart.lose().end().path).toBe('connecting.backoff');
  });
});

describe('initializing', () => {
  it('waits for initialize() where it does not negotiate by itself, and lets only pings pass', () => {
    const chart = new Chart({ autoInitialize: false }).acquire(1).say({ type: 'session.opened' });
    expect(chart.path).toBe('initializing.waiting');
    expect(chart.told).toContainEqual({ type: 'leases.granted', ids: [1] });
    chart.submit({ id: 5, method: 'ping' }, { id: 6, method: 'tools/list' });
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [5] }]);
    expect(chart.settled).toEqual(['6:not_connected:no']);
    chart.send({ type: 'initialize.requested' });
    expect(chart.path).toBe('initializing.negotiating.handshaking');
    expect(chart.commands).toEqual([{ type: 'handshake.requested' }]);
  });

  it('sends a ping that waited for room when another is given up, in `waiting` too', () => {
    const ping = (id: number): { id: number; method: string } => ({ id, method: 'ping' });
    const begin = (): Chart =>
      new Chart({ autoInitialize: false, maxInFlight: 1 }).acquire(1).say({ type: 'session.opened' });
    const waiting = (): Chart => begin().submit(ping(5)).submit(ping(6));
    const next = { type: 'send.requested', ids: [6] };
    expect(waiting().send({ type: 'request.aborted', id: 5 }).commands).toContainEqual(next);
    expect(waiting().send({ type: 'requests.expired', ids: [5] }).commands).toContainEqual(next);
    const failed = { type: 'request.failed', id: 5, failure: exited, refused: false } as const;
    expect(waiting().say(failed).commands).toEqual([next]);
  });

  it('negotiates by itself in later generations, once initialize() was asked for', () => {
    const chart = new Chart({ autoInitialize: false }).acquire(1).say({ type: 'session.opened' });
    chart.send({ type: 'initialize.requested' }).negotiate().lose().end();
    expect(chart.say({ type: 'session.opened' }).path).toBe('initializing.negotiating.handshaking');
  });

  it('is given up by its deadline', () => {
    const chart = new Chart().acquire(1).say({ type: 'session.opened' }).pass('initTimeout').end();
    expect(chart.path).toBe('disconnected');
    expect(chart.context.failure?.code).toBe('init_timeout');
  });

  it('names as the cause of a silence what the link knew of it, and of nothing else', () => {
    const evidence = { ...exited, code: 'process_silent', message: 'the server process was running' };
    const silent = new Chart().acquire(1).say({ type: 'session.opened' }).pass('initTimeout').end(0.5, evidence);
    expect(silent.context.failure).toMatchObject({ code: 'init_timeout', because: evidence });
    expect(silent.context.failure?.message).toMatch(/within initTimeout; the server process was running$/);
    const lost = new Chart().acquire(1).say({ type: 'session.opened' }).lose().end(0.5, evidence);
    expect(lost.context.failure).toBe(exited);
  });

  it('queues what is called meanwhile and sends it in its order when ready', () => {
    const chart = new Chart().acquire(1).submit(10, 11).say({ type: 'session.opened' }).submit(12).negotiate();
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [10, 11, 12] }]);
    expect(chart.context.sent).toBe(3);
  });
});

describe('ready', () => {
  it('sends while there is room, queues behind the others while there is not, and refuses beyond the queue', () => {
    const chart = new Chart().ready().submit(1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [1, 2, 3, 4] }]);
    expect(chart.settled).toEqual(['9:limit:no']);
    chart.receive(result(2), result(4));
    expect(chart.settled).toEqual(['2:result', '4:result']);
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [5, 6] }]);
    expect(chart.context.queue.toArray()).toEqual([7, 8]);
  });

  it('refuses a call that does not want to wait, when it would have to', () => {
    const chart = new Chart().ready().submit(1, 2, 3, 4).submit({ id: 5, failFast: true });
    expect(chart.settled).toEqual(['5:not_connected:no']);
  });

  it('settles a request once, whatever comes for its id later', () => {
    const chart = new Chart().ready().submit(1).receive(result(1), result(1)).receive(result(1), result(99));
    expect(chart.allSettled).toEqual(['1:result']);
  });

  it('delivers the messages of a chunk in their order', () => {
    const body = { method: 'notifications/progress' };
    const chart = new Chart().ready().submit(1);
    chart.receive({ kind: 'progress', id: 1, body }, result(1), { kind: 'progress', id: 1, body });
    const [delivered] = chart.told;
    if (delivered?.type !== 'messages.delivered') throw new Error('nothing was delivered');
    expect(delivered.deliveries.map(({ kind }) => kind)).toEqual([
      'progress',
      'notification',
      'result',
      'notification',
    ]);
  });

  it('answers a ping by itself and hands on other requests, up to its limit', () => {
    const chart = new Chart()
      .ready()
      .receive(
        { kind: 'request', id: 'p', method: 'ping', body: undefined },
        { kind: 'request', id: 0, method: 'roots/list', body: undefined },
        { kind: 'request', id: '0', method: 'roots/list', body: undefined },
        { kind: 'request', id: 2, method: 'roots/list', body: undefined },
      );
    expect(chart.commands.map((command) => (command.type === 'reply.requested' ? command.id : command.type))).toEqual([
      'p',
      2,
    ]);
    expect(chart.context.inbound.size).toBe(2);
    chart.send({ type: 'inbound.answered', generation: 1, id: 0, answer: { result: {} } });
    expect(chart.commands).toEqual([{ type: 'reply.requested', id: 0, answer: { result: {} } }]);
    expect(chart.context.inbound.has('0')).toBe(true);
  });

  it('does not answer a request that is told again while it is worked on, though no other would be taken', () => {
    const again = { kind: 'request', id: 2, method: 'roots/list', body: undefined } as const;
    const chart = new Chart({ maxInbound: 1 }).ready().receive(again).receive(again);
    expect(chart.commands).toEqual([]);
    expect(chart.receive({ ...again, id: 3 }).commands).toMatchObject([{ type: 'reply.requested', id: 3 }]);
    chart.send({ type: 'inbound.answered', generation: 1, id: 2, answer: { result: {} } });
    expect(chart.commands).toEqual([{ type: 'reply.requested', id: 2, answer: { result: {} } }]);
    expect(chart.context.inbound.size).toBe(0);
  });

  it('cancels what was sent and drops what was not, when a caller aborts or a deadline passes', () => {
    const chart = new Chart().ready().submit(1, 2, 3, 4, 5);
    chart.send({ type: 'request.aborted', id: 1, reason: 'enough' });
    expect(chart.settled).toEqual(['1:aborted:maybe']);
    expect(chart.commands).toEqual([
      { type: 'cancel.requested', ids: [1], reason: 'enough' },
      { type: 'send.requested', ids: [5] },
    ]);
    chart.submit(6).send({ type: 'requests.expired', ids: [6, 2, 77] });
    expect(chart.settled).toEqual(['6:timeout:no', '2:timeout:maybe']);
  });

  it('holds back new requests while the peer is suspected, and lets them go when it is trusted', () => {
    const chart = new Chart().ready().say({ type: 'session.suspected' }).submit(1, 2);
    expect(chart.commands).toEqual([]);
    chart.say({ type: 'session.trusted' });
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [1, 2] }]);
  });

  it('keeps a session without a lease for idleTimeout, and lets calls pass meanwhile', () => {
    const chart = new Chart({ idleTimeout: 30_000 }).ready().release(1);
    expect(chart.path).toBe('ready.idle');
    expect(chart.submit(1).commands).toEqual([{ type: 'send.requested', ids: [1] }]);
    expect(chart.acquire(2).path).toBe('ready.leased');
    chart.release(2).receive(result(1)).pass('idleTimeout');
    expect(chart.path).toBe('closing.terminating');
  });

  it('rests without a failure when it is lost in idle', () => {
    const chart = new Chart({ idleTimeout: 30_000 }).ready().release(1).lose().end();
    expect(chart.path).toBe('disconnected');
    expect(chart.context.failure).toBeNull();
  });
});

describe('leases', () => {
  it('are refused calls once they are over', () => {
    const chart = new Chart().ready().acquire(2).release(2).submit({ id: 7, leaseId: 2 });
    expect(chart.settled).toEqual(['7:closed:no']);
  });

  it('change nothing when they are released twice, or after close() and a reconnect', () => {
    const chart = new Chart().ready().close().end();
    chart.acquire(2).say({ type: 'session.opened' }).negotiate();
    const before = chart.snapshot.context;
    chart.release(1);
    expect(chart.path).toBe('ready.leased');
    expect(chart.context.leases).toBe(before.leases);
    expect(chart.told).toEqual([]);
  });

  it('outlive a reconnect, and still count', () => {
    const chart = new Chart().ready().lose().end().ready();
    expect(chart.path).toBe('ready.leased');
    expect(chart.context.generation).toBe(2);
    expect(chart.context.leases.get(1)?.status).toBe('held');
    expect(chart.release(1).path).toBe('closing.terminating');
  });

  it('get a fresh generation when they are taken while a session closes', () => {
    const chart = new Chart().ready().close().acquire(2);
    expect(chart.context.leases.get(2)?.status).toBe('next');
    chart.end();
    expect(chart.path).toBe('connecting.opening');
    expect(chart.context.generation).toBe(2);
  });

  it('that were taken while a failed attempt closes get an attempt of their own', () => {
    const chart = new Chart().acquire(1).lose().acquire(2).end();
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [1], reason: 'failed', failure: exited });
    expect(chart.path).toBe('connecting.opening');
    expect(chart.context.leases.get(2)?.status).toBe('waiting');
    expect(chart.context.failure).toBeNull();
  });
});

describe('losing a session', () => {
  it('settles what was sent with the loss, keeps what was not, and sends that in the next generation', () => {
    const chart = new Chart().ready().submit(1, 2, 3, 4, 5).lose();
    expect(chart.settled).toEqual(['1', '2', '3', '4'].map((id) => `${id}:session_lost:maybe`));
    chart.end().submit(6).ready();
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [5, 6] }]);
  });

  it('keeps a result that has arrived before the loss', () => {
    const chart = new Chart().ready().submit(1, 2).receive(result(1)).lose();
    expect(chart.allSettled).toEqual(['1:result', '2:session_lost:maybe']);
  });

  it('reconnects at once, then backs off exponentially with jitter, then gives up with the first cause', () => {
    const chart = new Chart().ready().lose().end();
    expect(chart.path).toBe('connecting.opening');
    const refused = failure({
      kind: 'connection',
      code: 'ECONNREFUSED',
      message: 'refused',
      executed: 'no',
      retryable: true,
    });
    chart.lose(refused).end(1);
    expect(chart.path).toBe('connecting.backoff');
    expect(chart.last).toContainEqual({
      kind: 'armed',
      timer: expect.stringContaining('backoff') as string,
      delay: 1_500,
    });
    chart.submit(9).pass('backoff').lose(refused).end();
    expect(chart.path).toBe('disconnected');
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [1], reason: 'failed', failure: exited });
    expect(chart.settled).toEqual(['9:session_lost:no']);
    expect(chart.context.failure).toBe(exited);
  });

  it('forgives earlier failures once a session was stable', () => {
    const chart = new Chart().ready().lose().end().ready().pass('stableAfter');
    expect(chart.context.attempts).toBe(0);
    expect(chart.lose().end().path).toBe('connecting.opening');
  });

  it('does not try again what retrying cannot mend', () => {
    const chart = new Chart().ready().lose(unauthorized).end();
    expect(chart.path).toBe('disconnected');
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [1], reason: 'failed', failure: unauthorized });
  });

  it('does not reconnect at all when reconnect is false', () => {
    expect(new Chart({ reconnect: false }).ready().lose().end().path).toBe('disconnected');
  });

  it('makes a refused request again once in the next generation, in its place, and tells it the second time', () => {
    const expired = failure({
      kind: 'connection',
      code: 'session_expired',
      message: 'gone',
      executed: 'no',
      retryable: true,
    });
    const refuse = (chart: Chart, id: number): Chart =>
      chart.say({ type: 'request.failed', id, failure: expired, refused: true });
    const chart = new Chart().ready().submit(1, 2, 3, 4, 5).lose(expired, true);
    expect(chart.path).toBe('closing.draining');
    refuse(chart, 3);
    refuse(chart, 1);
    chart.receive(result(2));
    chart.say({ type: 'request.failed', id: 4, failure: exited, refused: false });
    expect(chart.path).toBe('closing.terminating');
    chart.end().ready();
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [1, 3, 5] }]);
    chart.lose(expired, true);
    refuse(chart, 1);
    expect(chart.settled).toEqual(['1:connection:no']);
    expect(chart.allSettled).toEqual(['2:result', '4:connection:maybe', '1:connection:no']);
  });
});

describe('closing', () => {
  it.each([
    ['disconnected', () => new Chart(), 'disconnected'],
    ['opening', () => new Chart().acquire(1), 'closing.terminating'],
    ['negotiating', () => new Chart().acquire(1).say({ type: 'session.opened' }), 'closing.terminating'],
    [
      'waiting',
      () => new Chart({ autoInitialize: false }).acquire(1).say({ type: 'session.opened' }),
      'closing.terminating',
    ],
    ['ready', () => new Chart().ready(), 'closing.terminating'],
    ['ready with a call in flight', () => new Chart().ready().submit(1), 'closing.draining'],
    ['idle', () => new Chart({ idleTimeout: 1 }).ready().release(1), 'closing.terminating'],
    ['draining', () => new Chart().ready().submit(1).close(), 'closing.draining'],
    ['terminating', () => new Chart().ready().close(), 'closing.terminating'],
    ['backoff', () => new Chart().ready().lose().end().lose().end(), 'disconnected'],
  ])('is legal in %s, and leads to disconnected by deadlines alone', (_name, make, then) => {
    const chart = make().close();
    expect(chart.path).toBe(then);
    expect(chart.context.leases.isEmpty()).toBe(true);
    if (chart.path === 'closing.draining') chart.pass('drain');
    if (chart.path === 'closing.terminating') chart.pass('killDeadline');
    expect(chart.path).toBe('disconnected');
    expect(chart.context.requests.isEmpty()).toBe(true);
  });

  it('lets sent requests finish, settles unsent ones at once, and ends when there is nothing left to wait for', () => {
    const chart = new Chart().ready().submit(1, 2, 3, 4, 5).close();
    expect(chart.settled).toEqual(['5:closed:no']);
    chart.receive(result(1), result(2), result(3), result(4), { kind: 'notification', body: { method: 'late' } });
    expect(chart.path).toBe('closing.terminating');
    expect(chart.settled).toEqual(['1:result', '2:result', '3:result', '4:result']);
    const delivered = chart.told.flatMap((effect) => (effect.type === 'messages.delivered' ? effect.deliveries : []));
    expect(delivered.map(({ kind }) => kind)).not.toContain('notification');
  });

  it('settles and cancels what is still in flight when the drain is over', () => {
    const chart = new Chart().ready().submit(1).close().pass('drain');
    expect(chart.settled).toEqual(['1:closed:maybe']);
    expect(chart.commands).toEqual([
      { type: 'cancel.requested', ids: [1], reason: 'the session was closed' },
      { type: 'end.requested', within: 3_750 },
    ]);
  });

  it('waits for its own answers while draining', () => {
    const chart = new Chart()
      .ready()
      .receive({ kind: 'request', id: 9, method: 'roots/list', body: undefined })
      .close();
    expect(chart.path).toBe('closing.draining');
    chart.send({ type: 'inbound.answered', generation: 1, id: 9, answer: { result: {} } });
    expect(chart.path).toBe('closing.terminating');
  });

  it('hears the refusals of an expired session also with drain 0', () => {
    const chart = new Chart({ drain: 0 }).ready().submit(1).lose(exited, true);
    expect(chart.path).toBe('closing.draining');
    chart.say({ type: 'request.failed', id: 1, failure: exited, refused: true });
    expect(chart.path).toBe('closing.terminating');
    expect(chart.allSettled).toEqual([]);
    expect(new Chart({ drain: 0 }).ready().submit(1).lose(exited, true).pass('drain').settled).toEqual([
      '1:session_lost:maybe',
    ]);
  });

  it('does not wait with drain 0', () => {
    expect(new Chart().ready().submit(1).close(0, 5_000).path).toBe('closing.terminating');
  });

  it('is shortened by a second close, never lengthened', () => {
    const chart = new Chart().ready().submit(1).close(1_000, 4_000).close(9_000, 9_000);
    expect(chart.context.closing).toMatchObject({ drain: 1_000, ladder: 4_000 });
    chart.close(10, 20);
    expect(chart.last).toContainEqual({ kind: 'armed', timer: expect.stringContaining('drain') as string, delay: 10 });
    chart.pass('drain').close(10, 5);
    expect(chart.commands).toEqual([{ type: 'end.requested', within: 4 }]);
  });

  it('revokes leases that wait for the next session too', () => {
    const chart = new Chart().ready().close().acquire(2).close();
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [2], reason: 'closed', failure: null });
    expect(chart.end().path).toBe('disconnected');
  });

  it('owes nothing to a loss that comes while it drains', () => {
    const chart = new Chart().ready().submit(1).close().acquire(2).lose();
    expect(chart.settled).toEqual(['1:session_lost:maybe']);
    chart.end();
    expect(chart.path).toBe('connecting.opening');
    expect(chart.context.attempts).toBe(1);
  });

  it('says so when a session would not end in time', () => {
    const chart = new Chart().ready().close().pass('killDeadline');
    expect(chart.path).toBe('disconnected');
    expect(chart.context.failure?.code).toBe('not_reaped');
    expect(chart.count('stopped')).toBe(1);
  });

  it('survives the crash of its session actor as a loss that is not tried again', () => {
    const chart = new Chart().ready().submit(1);
    chart.send({ type: 'xstate.error.actor.session' } as never);
    expect(chart.path).toBe('closing.terminating');
    expect(chart.settled).toEqual(['1:session_lost:maybe']);
    expect(chart.pass('killDeadline').path).toBe('disconnected');
  });

  it('outlives the crash of a session actor that is ending: the kill deadline goes on', () => {
    const chart = new Chart().acquire(1).release(1);
    chart.send({ type: 'xstate.error.actor.session' } as never);
    expect([chart.path, chart.snapshot.status]).toEqual(['closing.terminating', 'active']);
    expect(chart.acquire(2).pass('killDeadline').path).toBe('connecting.opening');
  });
});

describe('events of a dead generation', () => {
  it('change nothing, in any state', () => {
    const states = [
      new Chart().ready().lose().end(),
      new Chart().ready().lose().end().say({ type: 'session.opened' }),
      new Chart().ready().lose().end().ready().submit(5),
      new Chart().ready().lose().end().ready().submit(5).close(),
      new Chart().ready().lose().end().ready().close(),
    ];
    for (const chart of states) {
      const before = chart.snapshot;
      for (const type of ['session.opened', 'session.lost', 'session.ended', 'session.received'] as const) {
        chart.send({
          type,
          generation: 1,
          failure: exited,
          messages: [result(5)],
          chance: 0,
          evidence: null,
          answering: false,
        });
        expect(chart.snapshot).toBe(before);
        expect(chart.last).toEqual([]);
      }
    }
  });
});
