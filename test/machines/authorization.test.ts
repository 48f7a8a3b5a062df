import { describe, expect, it } from 'vitest';
import { recordOf } from '../../src/api/snapshot.js';
import { failure } from '../../src/protocol/failure.js';
import { Chart, chartOptions, exited, result } from '../support/chart.js';

const refusal = (code: string) =>
  failure({ kind: 'authorization', code, message: `it said ${code}`, executed: 'no', retryable: false });

const http401 = refusal('http_401');
const denial = refusal('access_denied');

const challenge = (chart: Chart, reason = http401): Chart => chart.say({ type: 'session.challenged', failure: reason });
const authorize = (chart: Chart): Chart => chart.say({ type: 'session.authorized' });
const deny = (chart: Chart, reason = denial): Chart => chart.say({ type: 'session.denied', failure: reason });

const opening = (options = {}): Chart => new Chart(options).acquire(1);
const handshaking = (options = {}): Chart => opening(options).say({ type: 'session.opened' });
/** For lease 1, after a handshake that was turned down. */
const authorizing = (): Chart => challenge(handshaking());
/** Pings only, and none has been sent. */
const waiting = (options = {}): Chart => handshaking({ autoInitialize: false, ...options });
const ping = (id: number): { id: number; method: string } => ({ id, method: 'ping' });
const handshakes = (chart: Chart): number =>
  chart.effects.filter((effect) => effect.kind === 'commanded' && effect.command.type === 'handshake.requested').length;
const isArmed = (chart: Chart, deadline: string): boolean =>
  chart.effects
    .filter(
      (effect): effect is Extract<typeof effect, { timer: string }> =>
        'timer' in effect && effect.timer.startsWith(`xstate.after.${deadline}.`),
    )
    .at(-1)?.kind === 'armed';

describe('a handshake that is turned down', () => {
  it('goes for credentials in the same generation, and is made anew when there are any', () => {
    const chart = authorizing();
    expect(chart.path).toBe('connecting.authorizing');
    expect(chart.commands).toEqual([]);
    expect(recordOf(chart.snapshot)).toMatchObject({ state: 'connecting', authorizing: true, generation: 1 });
    authorize(chart);
    expect(chart.path).toBe('initializing.negotiating.handshaking');
    expect(chart.commands).toEqual([{ type: 'handshake.requested' }]);
    chart.negotiate();
    expect(chart.path).toBe('ready.leased');
    expect(chart.count('spawned')).toBe(1);
    expect(recordOf(chart.snapshot).authorizing).toBe(false);
  });

  it('has the deadline of credentials alone while they are got, and a whole one of its own after that', () => {
    const chart = authorizing();
    expect(isArmed(chart, 'connectTimeout')).toBe(false);
    expect(isArmed(chart, 'initTimeout')).toBe(false);
    expect(isArmed(chart, 'authTimeout')).toBe(true);
    expect(chart.last).toContainEqual({
      kind: 'armed',
      timer: expect.stringContaining('authTimeout') as string,
      delay: chartOptions.authTimeout,
    });
    authorize(chart);
    expect(isArmed(chart, 'authTimeout')).toBe(false);
    expect(isArmed(chart, 'initTimeout')).toBe(true);
  });

  it('fails for good when the deadline passes, and names what was turned down', () => {
    const chart = authorizing().pass('authTimeout');
    expect(chart.path).toBe('closing.terminating');
    chart.end();
    expect(chart.path).toBe('disconnected');
    const timedOut = chart.context.failure;
    expect(timedOut).toMatchObject({
      kind: 'authorization',
      code: 'authorization_timeout',
      executed: 'no',
      retryable: false,
      because: http401,
    });
    expect(timedOut?.message).toMatch(/within authTimeout; it said http_401$/);
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [1], reason: 'failed', failure: timedOut });
  });

  it('fails for good with what the link says when there will be no credentials', () => {
    const chart = deny(authorizing().submit(7));
    expect(chart.path).toBe('closing.terminating');
    chart.end();
    expect(chart.context.failure).toBe(denial);
    expect(chart.settled).toEqual(['7:authorization:no']);
    expect(chart.path).toBe('disconnected');
  });

  it('goes for credentials three times, and is given up the fourth', () => {
    const chart = handshaking();
    for (let time = 1; time <= 3; time += 1) {
      expect(challenge(chart).path).toBe('connecting.authorizing');
      authorize(chart);
    }
    const last = refusal('insufficient_scope');
    expect(challenge(chart, last).path).toBe('closing.terminating');
    expect(handshakes(chart)).toBe(4);
    expect(chart.end().context.failure).toBe(last);
    expect(chart.path).toBe('disconnected');
  });

  it('goes for credentials three times again in the next generation', () => {
    const chart = handshaking();
    for (let time = 1; time <= 3; time += 1) authorize(challenge(chart));
    chart.negotiate().lose().end();
    expect(chart.path).toBe('connecting.opening');
    expect(chart.context.authorizations).toBe(0);
    expect(challenge(chart.say({ type: 'session.opened' })).path).toBe('connecting.authorizing');
  });

  it('is given up with the last of those who wait for it, and not before', () => {
    const chart = authorizing().acquire(2).release(1);
    expect(chart.path).toBe('connecting.authorizing');
    chart.release(2);
    expect(chart.path).toBe('closing.terminating');
    expect(chart.end().context.failure).toBeNull();
  });

  it('is given up by close(), by a loss and by a crash', () => {
    expect(authorizing().close().path).toBe('closing.terminating');
    const lost = authorizing().lose();
    expect(lost.path).toBe('closing.terminating');
    expect(lost.end().context.failure).toBe(exited);
    const crash = { type: 'xstate.error.actor.session' } as never;
    expect(authorizing().send(crash).path).toBe('closing.terminating');
  });

  it('serves whoever comes meanwhile, and what they call, when it is ready', () => {
    const chart = authorizing().acquire(2).submit(10, 11);
    expect(chart.commands).toEqual([]);
    authorize(chart).negotiate();
    expect(chart.told).toContainEqual({ type: 'leases.granted', ids: [1, 2] });
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [10, 11] }]);
  });

  it('takes no notice of an answer to it that comes late, nor of a link that opens twice or is challenged twice', () => {
    const chart = authorizing().negotiate();
    expect(chart.path).toBe('connecting.authorizing');
    expect(chart.say({ type: 'session.opened' }).path).toBe('connecting.authorizing');
    expect(challenge(chart).context.authorizations).toBe(1);
    expect(chart.last).toEqual([]);
  });
});

describe('a transport that is turned down before it opens', () => {
  it('goes for credentials, and goes on opening in the same generation when there are some', () => {
    const chart = challenge(opening());
    expect(chart.path).toBe('connecting.authorizing');
    expect(isArmed(chart, 'connectTimeout')).toBe(false);
    expect(authorize(chart).path).toBe('connecting.opening');
    expect(chart.context.authorizing).toBeNull();
    expect(isArmed(chart, 'authTimeout')).toBe(false);
    expect(isArmed(chart, 'connectTimeout')).toBe(true);
    chart.say({ type: 'session.opened' });
    expect(chart.path).toBe('initializing.negotiating.handshaking');
    expect(chart.negotiate().path).toBe('ready.leased');
    expect(chart.count('spawned')).toBe(1);
    expect(chart.context.generation).toBe(1);
  });

  it('waits for initialize() after that, where the client does not negotiate by itself', () => {
    const chart = authorize(challenge(opening({ autoInitialize: false }))).say({ type: 'session.opened' });
    expect(chart.path).toBe('initializing.waiting');
    expect(chart.submit(ping(5)).commands).toEqual([{ type: 'send.requested', ids: [5] }]);
  });

  it('is sent nothing before it opens, though it asks', () => {
    const chart = challenge(opening());
    chart.receive({ kind: 'request', id: 'p', method: 'ping', body: undefined });
    expect(chart.commands).toEqual([]);
    expect(authorize(chart).commands).toEqual([]);
  });

  it('is given up by the deadline of credentials while they are got, and by that of opening after it', () => {
    const slow = challenge(opening()).pass('authTimeout').end();
    expect(slow.context.failure?.code).toBe('authorization_timeout');
    const silent = authorize(challenge(opening())).pass('connectTimeout');
    const evidence = failure({ ...exited, code: 'no_endpoint', message: 'it named no endpoint' });
    silent.say({ type: 'session.ended', chance: 0.5, evidence });
    expect(silent.context.failure).toMatchObject({ code: 'connect_timeout', retryable: true, because: evidence });
  });

  it('goes for credentials three times, the handshake included, and is given up the fourth', () => {
    const chart = opening();
    for (let time = 1; time <= 3; time += 1) authorize(challenge(chart));
    chart.say({ type: 'session.opened' });
    expect(challenge(chart).path).toBe('closing.terminating');
    const unopened = opening();
    for (let time = 1; time <= 3; time += 1) authorize(challenge(unopened));
    expect(challenge(unopened).path).toBe('closing.terminating');
    expect(unopened.end().context.failure).toBe(http401);
  });
});

describe('a session that waits for initialize()', () => {
  it('holds back pings while credentials are got, and sends them when there are some', () => {
    const chart = challenge(waiting());
    expect(chart.path).toBe('initializing.waiting');
    expect(chart.submit(ping(5), ping(6)).commands).toEqual([]);
    expect(authorize(chart).commands).toEqual([{ type: 'send.requested', ids: [5, 6] }]);
  });

  it('tells pings that wait for credentials why there will be none', () => {
    const chart = deny(challenge(waiting()).submit(ping(5)));
    expect(chart.settled).toEqual(['5:authorization:no']);
    expect(chart.submit(ping(6)).commands).toEqual([{ type: 'send.requested', ids: [6] }]);
  });

  it('does not shake hands before there are credentials, and still hears what pings come to', () => {
    const chart = challenge(waiting().submit(ping(5))).send({ type: 'initialize.requested' });
    expect(chart.path).toBe('connecting.authorizing');
    expect(chart.commands).toEqual([]);
    expect(chart.receive(result(5)).settled).toEqual(['5:result']);
    chart.receive({ kind: 'request', id: 'p', method: 'ping', body: undefined });
    expect(chart.commands).toEqual([{ type: 'reply.requested', id: 'p', answer: { result: {} } }]);
    expect(authorize(chart).commands).toEqual([{ type: 'handshake.requested' }]);
  });

  it('settles a ping that fails, and a request of the server that was answered, while credentials are got', () => {
    const chart = waiting().submit(ping(5)).receive({ kind: 'request', id: 9, method: 'roots/list', body: undefined });
    challenge(chart).send({ type: 'initialize.requested' });
    chart.say({ type: 'request.failed', id: 5, failure: http401, refused: false });
    expect(chart.settled).toEqual(['5:authorization:no']);
    chart.send({ type: 'inbound.answered', generation: 1, id: 9, answer: { result: {} } });
    expect(chart.commands).toEqual([{ type: 'reply.requested', id: 9, answer: { result: {} } }]);
  });
});

describe('a session that is ready', () => {
  it('stays ready, sends nothing new while credentials are got, and all that waited when there are some', () => {
    const chart = challenge(new Chart().ready().submit(1));
    expect(chart.path).toBe('ready.leased');
    expect(recordOf(chart.snapshot)).toMatchObject({ state: 'ready', authorizing: true });
    expect(chart.submit(2, 3).commands).toEqual([]);
    expect(chart.receive(result(1)).settled).toEqual(['1:result']);
    expect(chart.commands).toEqual([]);
    expect(authorize(chart).commands).toEqual([{ type: 'send.requested', ids: [2, 3] }]);
  });

  it('waits for both when its peer is suspected too', () => {
    const chart = challenge(new Chart().ready().say({ type: 'session.suspected' })).submit(1);
    expect(authorize(chart).commands).toEqual([]);
    expect(chart.say({ type: 'session.trusted' }).commands).toEqual([{ type: 'send.requested', ids: [1] }]);
  });

  it('tells whoever waits for credentials why there will be none, and sends what is called after that', () => {
    const chart = challenge(new Chart().ready().submit(1)).submit(2, 3);
    deny(chart);
    expect(chart.settled).toEqual(['2:authorization:no', '3:authorization:no']);
    expect(chart.path).toBe('ready.leased');
    expect(chart.context.requests.get(1)?.status).toBe('sent');
    expect(chart.submit(4).commands).toEqual([{ type: 'send.requested', ids: [4] }]);
  });

  it('does not tell a call that was never sent that it may have been executed', () => {
    const vague = failure({ ...denial, executed: 'maybe' });
    const chart = deny(challenge(new Chart().ready()).submit(2), vague);
    expect(chart.settled).toEqual(['2:authorization:no']);
  });

  it('refuses a call that does not want to wait, and says what it would wait for', () => {
    const chart = challenge(new Chart().ready()).submit({ id: 2, failFast: true });
    expect(chart.told).toMatchObject([
      { settlements: [{ id: 2, failure: { kind: 'not_connected', code: 'authorizing', executed: 'no' } }] },
    ]);
  });

  it('may be asked for other credentials any number of times', () => {
    const chart = new Chart().ready();
    for (let time = 0; time < 10; time += 1) authorize(challenge(chart));
    expect(chart.path).toBe('ready.leased');
    expect(chart.context.authorizations).toBe(0);
  });

  it('forgets in its end that credentials were being got', () => {
    const chart = challenge(new Chart().ready().submit(1)).close();
    expect(chart.path).toBe('closing.draining');
    expect(recordOf(chart.snapshot).authorizing).toBe(false);
    expect(authorize(deny(challenge(chart))).path).toBe('closing.draining');
    chart.receive(result(1));
    expect(chart.path).toBe('closing.terminating');
    expect(chart.context.authorizing).toBeNull();
  });
});

describe('a session whose successor gets no credentials', () => {
  /** The second generation, in place of one that was lost. */
  const replacing = (): Chart => new Chart().ready().lose().end().submit(7);

  it('is mourned with both what it was lost by and why there is no other', () => {
    const chart = deny(challenge(replacing().say({ type: 'session.opened' }))).end();
    expect(chart.path).toBe('disconnected');
    const told = { ...denial, message: `it said access_denied; before that, ${exited.message}`, because: exited };
    expect(chart.context.failure).toEqual(told);
    expect(chart.told).toContainEqual({ type: 'leases.ended', ids: [1], reason: 'failed', failure: told });
    expect(chart.told).toMatchObject([
      {},
      {
        settlements: [
          { id: 7, failure: { kind: 'session_lost', code: 'access_denied', executed: 'no', because: told } },
        ],
      },
      {},
    ]);
  });

  it('says of a deadline what was turned down, and behind that what it was lost by', () => {
    const chart = challenge(replacing().say({ type: 'session.opened' }))
      .pass('authTimeout')
      .end();
    expect(chart.context.failure).toMatchObject({
      code: 'authorization_timeout',
      because: { code: 'http_401', because: exited },
    });
  });

  it('and is left behind says that too', () => {
    const chart = deny(challenge(replacing().say({ type: 'session.opened' }))).pass('killDeadline');
    expect(chart.context.failure?.code).toBe('access_denied');
    expect(chart.context.failure?.message).toMatch(/^it said access_denied; and the session did not end within/);
  });

  it('keeps the first cause alone while it is tried again', () => {
    const chart = replacing().lose().end();
    expect(chart.path).toBe('connecting.backoff');
    expect(chart.context.failure).toBe(exited);
  });
});

describe('a call that is too late while credentials are got', () => {
  it('says what was turned down, sent or not', () => {
    const chart = challenge(new Chart().ready().submit(1))
      .submit(2)
      .send({ type: 'requests.expired', ids: [1, 2] });
    expect(chart.told).toMatchObject([
      {
        settlements: [
          { id: 1, failure: { kind: 'timeout', executed: 'maybe', because: http401 } },
          { id: 2, failure: { kind: 'timeout', executed: 'no', because: http401 } },
        ],
      },
    ]);
  });
});

describe('a batch of calls before the handshake', () => {
  it('is told in the order of the calls, whatever each is refused for', () => {
    const chart = challenge(waiting({ maxQueue: 1 })).submit(ping(1));
    expect(chart.submit({ id: 2, method: 'tools/list' }, ping(3), { id: 4, method: 'tools/list' }).settled).toEqual([
      '2:not_connected:no',
      '3:limit:no',
      '4:not_connected:no',
    ]);
  });
});
