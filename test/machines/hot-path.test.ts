import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transition } from 'xstate';
import { clientMachine, type ClientEvent, type ClientSnapshot } from '../../src/machines/index.js';
import type { Received } from '../../src/protocol/json-rpc.js';
import { Chart, exited } from '../support/chart.js';

/** What a step does, by the chart alone: no seam, no shortcut. */
function byTheChart(snapshot: ClientSnapshot, event: ClientEvent): { state: unknown; effects: unknown[] } {
  const [next, actions] = transition(clientMachine, snapshot, event);
  const effects = actions.map(({ type, params }) => ({
    type,
    event: (params as { event?: unknown } | undefined)?.event,
  }));
  return { state: { value: next.value, context: plain(next) }, effects };
}

const plain = ({ context }: ClientSnapshot): unknown => ({
  ...context,
  leases: context.leases.toJS(),
  requests: context.requests.toJS(),
  queue: context.queue.toJS(),
  inbound: [...context.inbound],
});

const id = fc.integer({ min: 1, max: 12 });

const messageAbout = (id: fc.Arbitrary<number>): fc.Arbitrary<Received> =>
  fc.oneof(
    fc.record({ kind: fc.constant('result' as const), id, body: fc.constant({}) }),
    fc.record({ kind: fc.constant('error' as const), id, error: fc.constant({ code: -1, message: 'no' }) }),
    fc.record({ kind: fc.constant('invalid' as const), id, reason: fc.constant('bad') }),
    fc.record({ kind: fc.constant('progress' as const), id, body: fc.constant({ method: 'notifications/progress' }) }),
    fc.record({ kind: fc.constant('notification' as const), body: fc.constant({ method: 'x' }) }),
    fc.record({
      kind: fc.constant('request' as const),
      id,
      method: fc.constantFrom('ping', 'roots/list'),
      body: fc.constant({}),
    }),
    fc.record({
      kind: fc.constant('cancelled' as const),
      id,
      body: fc.constant({ method: 'notifications/cancelled' }),
    }),
  );

const message = messageAbout(id);
/** A chunk can tell of requests that were sent before it arrived (1 to 4), and of ids that nobody knows. */
const plausible = messageAbout(fc.constantFrom(1, 2, 3, 4, 11, 12));

const event: fc.Arbitrary<ClientEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('session.received' as const),
      generation: fc.constant(1),
      messages: fc.array(message, { maxLength: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('requests.submitted' as const),
      requests: fc.uniqueArray(
        fc.record({
          id,
          method: fc.constant('tools/call'),
          leaseId: fc.constantFrom(null, 1, 2),
          failFast: fc.boolean(),
        }),
        { maxLength: 5, selector: (request) => request.id },
      ),
    }),
  },
  fc.record({ type: fc.constant('request.aborted' as const), id }),
  fc.record({
    type: fc.constantFrom(
      'session.suspected' as const,
      'session.trusted' as const,
      'session.authorized' as const,
      'session.restored' as const,
    ),
    generation: fc.constant(1),
  }),
  fc.record({
    type: fc.constantFrom('session.challenged' as const, 'session.denied' as const, 'session.degraded' as const),
    generation: fc.constant(1),
    failure: fc.constant(exited),
  }),
  fc.record({ type: fc.constant('lease.acquired' as const), id: fc.constantFrom(2, 3) }),
  fc.record({ type: fc.constant('lease.released' as const), id: fc.constantFrom(2, 3) }),
  fc.constant<ClientEvent>({ type: 'close.requested', drain: 1_000, ladder: 4_000 }),
  fc.constant<ClientEvent>({ type: 'session.lost', generation: 1, failure: exited, answering: true }),
);

describe('the hot path', () => {
  it('does what the chart does, to the context and to every effect, in any order of events', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 25 }), (events) => {
        const chart = new Chart().ready();
        const used = new Set<number>();
        for (const each of events) {
          // Ids only ever grow in a client; here none is submitted twice.
          const next: ClientEvent =
            each.type === 'requests.submitted'
              ? { ...each, requests: each.requests.filter((request) => !used.has(request.id) && used.add(request.id)) }
              : each;
          const expected = byTheChart(chart.snapshot, next);
          chart.send(next);
          expect({ value: chart.snapshot.value, context: plain(chart.snapshot) }).toEqual(expected.state);
          const effects = chart.last.flatMap((effect): unknown[] =>
            effect.kind === 'told' ? [effect.effect] : effect.kind === 'commanded' ? [effect.command] : [],
          );
          const wanted = expected.effects as { type: string; event: unknown }[];
          expect(effects).toEqual(
            wanted
              .filter(({ type }) => type === 'xstate.emit' || type === 'xstate.sendTo')
              .map((effect) => effect.event),
          );
          taken += 1;
        }
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(2_000);
  }, 60_000);

  it('handles a batch as its members one by one: the same state, the same outcomes in the same order', () => {
    fc.assert(
      fc.property(fc.array(plausible, { maxLength: 12 }), fc.boolean(), (messages, draining) => {
        const start = (): Chart => {
          const chart = new Chart().ready().submit(1, 2, 3, 4, 5, 6);
          return draining ? chart.close() : chart;
        };
        const whole = start();
        const parts = start();
        whole.effects = [];
        parts.effects = [];
        whole.receive(...messages);
        for (const each of messages) parts.receive(each);
        expect(plain(whole.snapshot)).toEqual(plain(parts.snapshot));
        expect(whole.path).toBe(parts.path);
        const channel = (chart: Chart, kinds: 'told' | 'commanded'): unknown[] =>
          chart.effects.flatMap((effect): readonly unknown[] => {
            if (effect.kind !== kinds) return [];
            if (effect.kind === 'commanded')
              return effect.command.type === 'send.requested' ? effect.command.ids : [effect.command];
            return effect.effect.type === 'messages.delivered' ? effect.effect.deliveries : [effect.effect];
          });
        expect(channel(whole, 'told')).toEqual(channel(parts, 'told'));
        expect(channel(whole, 'commanded')).toEqual(channel(parts, 'commanded'));
      }),
      { numRuns: 500 },
    );
  }, 30_000);
});
