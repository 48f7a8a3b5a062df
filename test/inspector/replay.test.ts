import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replayRun } from '../../src/inspector/index.js';
import { toJson } from '../../src/inspector/report/json.js';
import { toPathDiagram } from '../../src/inspector/report/mermaid.js';
import { toText } from '../../src/inspector/report/text.js';
import type { ClientEvent } from '../../src/machines/index.js';
import type { Failure } from '../../src/protocol/failure.js';
import { Chart, exited, result } from '../support/chart.js';
import { Walk } from './walk.js';

const id = fc.integer({ min: 1, max: 12 });
const leaseId = fc.integer({ min: 1, max: 2 });
const inboundId = fc.oneof(id, fc.string(), fc.double());
const failure: fc.Arbitrary<Failure> = fc.record({
  kind: fc.constantFrom('connection' as const, 'authorization' as const),
  code: fc.oneof(fc.constant('ECONNRESET'), fc.string()),
  message: fc.string(),
  executed: fc.constantFrom('no' as const, 'maybe' as const),
  retryable: fc.constantFrom(true, true, true, false),
  retryAfter: fc.oneof(fc.nat(), fc.constant(Infinity)),
});

const message = fc.oneof(
  fc.record({ kind: fc.constant('result' as const), id, body: fc.constant({}) }),
  fc.record({ kind: fc.constant('error' as const), id, error: fc.constant({ code: -1, message: 'no' }) }),
  fc.record({ kind: fc.constant('invalid' as const), id, reason: fc.string() }),
  fc.record({ kind: fc.constant('progress' as const), id, body: fc.constant({ method: 'notifications/progress' }) }),
  fc.record({ kind: fc.constant('notification' as const), body: fc.record({ method: fc.string() }) }),
  fc.record({
    kind: fc.constant('request' as const),
    id: inboundId,
    method: fc.oneof(fc.constantFrom('ping', 'roots/list'), fc.string()),
    body: fc.constant({}),
  }),
  fc.record({ kind: fc.constant('cancelled' as const), id: inboundId, body: fc.constant({ method: 'x' }) }),
);

type Of<E> = E extends { generation: number } ? Omit<E, 'generation'> : E;
/** An event; one of a session is given the living generation, or, now and then, another. */
type Draft = Of<ClientEvent> | { readonly type: 'a deadline' } | { readonly type: 'onward' };

const draft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('lease.acquired' as const), id: leaseId }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('lease.released' as const), id: leaseId }) },
  fc.record({ type: fc.constant('initialize.requested' as const) }),
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('requests.submitted' as const),
      requests: fc.uniqueArray(
        fc.record({
          id: fc.integer({ min: 1, max: 60 }),
          method: fc.oneof(fc.constantFrom('ping', 'tools/call'), fc.string()),
          leaseId: fc.option(leaseId, { nil: null }),
          failFast: fc.boolean(),
        }),
        { maxLength: 4, selector: (request) => request.id },
      ),
    }),
  },
  fc.record({ type: fc.constant('notification.submitted' as const), id, leaseId: fc.option(leaseId, { nil: null }) }),
  fc.record({ type: fc.constant('request.aborted' as const), id, reason: fc.string(), leaseId: fc.option(leaseId) }),
  fc.record({ type: fc.constant('requests.expired' as const), ids: fc.array(id, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant('close.requested' as const),
    drain: fc.constantFrom(0, 10, Infinity),
    ladder: fc.constantFrom(0, 10, Infinity),
  }),
  fc.record({ type: fc.constant('inbound.answered' as const), id: inboundId, answer: fc.constant({ result: {} }) }),
  { weight: 8, arbitrary: fc.record({ type: fc.constant('session.opened' as const) }) },
  fc.record({ type: fc.constantFrom('session.suspected' as const, 'session.trusted' as const) }),
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('session.negotiated' as const),
      result: fc.record({
        protocolVersion: fc.oneof(fc.constant('2025-11-25'), fc.string()),
        capabilities: fc.constant({}),
        serverInfo: fc.constant({ name: 'server', version: '1' }),
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('session.received' as const),
      messages: fc.array(message, { maxLength: 5 }),
    }),
  },
  fc.record({ type: fc.constant('request.failed' as const), id, failure, refused: fc.boolean() }),
  { weight: 3, arbitrary: fc.record({ type: fc.constant('session.lost' as const), failure, answering: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('session.ended' as const),
      chance: fc.double({ min: 0, max: 1, noNaN: true }),
      evidence: fc.option(failure, { nil: null }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('a deadline' as const) }) },
  { weight: 12, arbitrary: fc.record({ type: fc.constant('onward' as const) }) },
);

/** What leads further from a state: chance alone would hardly leave the first few. */
function onward({ path, context: { generation } }: Chart): ClientEvent {
  if (path === 'connecting.opening') return { type: 'session.opened', generation };
  if (path === 'closing.terminating') return { type: 'session.ended', generation, chance: 0.5, evidence: null };
  if (path === 'disconnected' || path === 'ready.idle') return { type: 'lease.acquired', id: 1 };
  if (path === 'initializing.waiting') return { type: 'initialize.requested' };
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'server', version: '1' } };
  return { type: 'session.negotiated', generation, result };
}

function eventOf(draft: Draft, walk: Walk, used: Set<number>, pick: number): ClientEvent | { readonly type: string } {
  if (draft.type === 'onward') return onward(walk.chart);
  if (draft.type === 'a deadline') {
    const { deadlines } = walk;
    return { type: deadlines[pick % Math.max(1, deadlines.length)] ?? 'xstate.after.nothing.client' };
  }
  // Ids only ever grow in a client; here none is submitted twice.
  if (draft.type === 'requests.submitted') {
    return { ...draft, requests: draft.requests.filter((each) => !used.has(each.id) && used.add(each.id)) };
  }
  const isOfSession = /^(session|request\.failed|inbound)/.test(draft.type);
  const generation = walk.chart.context.generation - (pick % 10 === 0 ? 1 : 0);
  return isOfSession ? ({ ...draft, generation } as ClientEvent) : draft;
}

describe('replaying', () => {
  it('agrees with any walk of the machine, whatever strings, ids and times are in it', async () => {
    const visited = new Set<string>();
    const step = fc.tuple(draft, fc.nat());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), fc.nat({ max: 3 }), async (steps, options) => {
        const walk = new Walk(
          new Chart({
            autoInitialize: options !== 1,
            idleTimeout: options === 2 ? 100 : 0,
            closeTimeout: Infinity,
            ...(options === 3 ? { reconnect: false } : {}),
          }),
        );
        const used = new Set<number>();
        for (const [each, pick] of steps) {
          walk.take(eventOf(each, walk, used, pick));
          visited.add(walk.chart.path);
        }
        const { agrees, runs, torn } = await replayRun(walk.lines);
        expect(runs[0]?.difference).toBeNull();
        expect({ agrees, torn, steps: runs[0]?.steps.length }).toEqual({ agrees: true, torn: [], steps: steps.length });
      }),
      { numRuns: 200 },
    );
    // Nearly every state, by chance; the recorded runs go through every one.
    expect(visited.size).toBeGreaterThanOrEqual(7);
  }, 60_000);

  const life = (): Walk =>
    new Walk()
      .take({ type: 'lease.acquired', id: 1 })
      .take({ type: 'session.opened', generation: 1 })
      .take({
        type: 'session.negotiated',
        generation: 1,
        result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } },
      })
      .take({
        type: 'requests.submitted',
        requests: [{ id: 1, method: 'tools/call', leaseId: 1, failFast: false }],
      })
      .take({ type: 'session.received', generation: 1, messages: [result(1)] })
      .take({ type: 'session.lost', generation: 1, failure: exited, answering: false })
      .take({ type: 'session.ended', generation: 1, chance: 0.5, evidence: null });

  it.each([
    ['a state', /"state":"ready.leased"/, '"state":"ready.idle"', 3, ['state']],
    ['a count', /"sent":1/, '"sent":2', 4, ['sent']],
    ['what only the digest knows', /"method":"tools\/call"/, '"method":"tools/list"', 4, ['digest']],
    ['the options', /"maxInFlight":4/, '"maxInFlight":0', 4, ['queued', 'sent']],
    ['an event', /"type":"session.opened"/, '"type":"session.trusted"', 2, ['state']],
  ])('says after which event a recording differs: %s', async (_what, from, to, n, what) => {
    const lines = life().lines.join('').replace(from, to).split('\n');
    const { agrees, runs } = await replayRun(lines);
    expect(agrees).toBe(false);
    expect(runs[0]?.difference).toMatchObject({ n, what });
  });

  it('gives the path with times from the start, and shows it as text, as a diagram and as JSON', async () => {
    const replay = await replayRun(life().lines);
    expect(replay.runs[0]?.steps.map(({ n, at, recorded }) => `${String(n)} ${String(at)} ${recorded.state}`)).toEqual([
      '1 1.5 connecting.opening',
      '2 3 initializing.negotiating.handshaking',
      '3 4.5 ready.leased',
      '4 6 ready.leased',
      '5 7.5 ready.leased',
      '6 9 closing.terminating',
      '7 10.5 connecting.opening',
    ]);
    expect(toText(replay, 'a run')).toMatch(
      /^a run: 1 run; .*\n[^]* 6 .*session.lost process_exited +closing.terminating\n/,
    );
    expect(toText(replay, 'a run')).toContain('7 events, 5 states: agrees with this machine');
    expect(toPathDiagram(replay)).toContain('  ready_leased --> closing_terminating : 6 session.lost\n');
    expect(JSON.parse(toJson(replay))).toMatchObject({ agrees: true, runs: [{ start: 'disconnected' }] });
  });

  it('shows the first difference with both sides and what was around it', async () => {
    const text = toText(await replayRun(life().lines.map((line) => line.replace('"sent":1', '"sent":7'))), 'a run');
    expect(text).toContain('DIFFERS from this machine, first at event 4, requests.submitted 1 tools/call');
    expect(text).toMatch(/! sent +7 +1\n/);
    expect(text).toMatch(/\n> 4 .*\n {2}5 /);
  });

  it('says how far back a difference may have begun, where only some events have a digest', async () => {
    const walk = new Walk(new Chart({ maxQueue: 50 })).take({ type: 'lease.acquired', id: 1 });
    walk.pace = 0;
    const { lines } = walk;
    for (let id = 1; id <= 20; id += 1) {
      walk.take({ type: 'requests.submitted', requests: [{ id, method: 'ping', leaseId: null, failFast: false }] });
    }
    const digested = lines.flatMap((line, n) => (n > 0 && line.includes('"digest"') ? [n] : []));
    expect(digested.length).toBeLessThan(8);
    const [, first = 0, second = 0] = digested;
    // The machine that replays knows this request by another name: nothing but the digest can tell.
    const changed = lines.map((line, n) => (n === first + 1 ? line.replace('"ping"', '"pong"') : line));
    expect((await replayRun(changed)).runs[0]?.difference).toMatchObject({
      n: second,
      agreed: first,
      what: ['digest'],
    });
    expect(toText(await replayRun(changed), 'a run')).toContain(`and agreed, at event ${String(first)}`);
  });

  it('folds what leads nowhere else, unless all of it is asked for', async () => {
    const walk = life();
    for (let more = 0; more < 50; more += 1) walk.take({ type: 'lease.acquired', id: 2 + more });
    const replay = await replayRun(walk.lines);
    expect(toText(replay, 'a run')).toMatch(/8-57 .*lease.acquired x50/);
    expect(toText(replay, 'a run', true).split('\n').length).toBeGreaterThan(57);
  });

  it('shows control characters of a name, and does not obey them', async () => {
    const replay = await replayRun(new Walk(new Chart(), 'evil\u001b[2J\u202e\u0007\u009b\u200b<b>;"').lines);
    for (const shown of [toText(replay, 'x\u001b[2J'), toPathDiagram(replay), toJson(replay)]) {
      expect(shown.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    }
  });

  it('goes on where the chart itself has failed', async () => {
    const walk = new Walk().take({ type: 'xstate.error.actor.unheard-of' }).take({ type: 'lease.acquired', id: 1 });
    const { agrees, runs } = await replayRun(walk.lines);
    expect(agrees).toBe(true);
    expect(runs[0]?.steps[0]?.recorded.state).toBe('(error)');
  });
});
