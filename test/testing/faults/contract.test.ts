/**
 * Whatever goes wrong on it, a faulty link is a link: it tells what its contract lets it tell, and no
 * more. And whatever a plan does to a client, nobody is left waiting.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Client } from '../../../src/index.js';
import { faulty, scriptedServer, settle, virtualClock } from '../../../src/testing/index.js';
import { FaultyLink } from '../../../src/testing/faults/faulty-link.js';
import { PlanEngine } from '../../../src/testing/faults/plan-engine.js';
import { checkedPlan, type FaultEntry } from '../../../src/testing/faults/plan.js';
import { kinds, type FaultName } from '../../../src/testing/faults/schema.js';
import { seeded } from '../../../src/testing/faults/seeded.js';
import { ForeignLink } from '../../../src/transports/foreign.js';
import type { LinkEvents } from '../../../src/transports/link.js';

/** What an example may be narrowed to. */
const conditional = ['generation', 'method', 'nth', 'after'];

const hostile: readonly string[] = ['throw', 'babble'];

/** What comes of a fault that lasts for a while. */
const endings: Readonly<Record<string, readonly string[]>> = {
  suspect: ['trusted', 'lost'],
  challenge: ['granted', 'denied', 'never'],
  deafen: ['restored', 'never'],
};

/** Any entry that the schema takes, with values that make things happen soon. */
const anyEntry = (names: readonly string[]): fc.Arbitrary<FaultEntry> =>
  fc.constantFrom(...names).chain((name) => {
    const { at, example } = kinds[name as FaultName];
    return fc
      .record({
        at: fc.constantFrom(...at),
        chance: fc.constantFrom(0.1, 0.5, 1),
        times: fc.integer({ min: 1, max: 4 }),
        ms: fc.constantFrom(0, 1, 50, 5_000),
        when: fc.constantFrom('before', 'after'),
        overtaking: fc.boolean(),
        then: fc.nat(),
      })
      .map((values) => {
        const fields = Object.keys(kinds[name as FaultName].shape);
        const ends = endings[name] ?? [''];
        const given = Object.entries({ ...values, then: ends[values.then % ends.length] }).filter(
          ([key]) => key in example || fields.includes(key),
        );
        const base = Object.entries(example).filter(([key]) => !conditional.includes(key));
        return {
          ...Object.fromEntries([...base, ...given]),
          at: values.at,
          chance: values.chance,
          times: values.times,
        };
      }) as fc.Arbitrary<FaultEntry>;
  });

const tame = Object.keys(kinds).filter((name) => !hostile.includes(name));
const anyPlan = (names: readonly string[]) => fc.array(anyEntry(names), { minLength: 1, maxLength: 6 });

/** Takes down what is told, and what the contract says about it. */
class Listener implements LinkEvents {
  readonly told: string[] = [];
  readonly breaches: string[] = [];
  #loss: 'none' | 'answering' | 'for good' = 'none';
  #ended = false;
  #killed = false;
  #isChallenged = false;
  #isDeaf = false;

  #note(event: string): void {
    this.told.push(event);
    if (this.#ended) this.breaches.push(`${event} after the end`);
    if (this.#killed) this.breaches.push(`${event} after kill()`);
  }
  #living(event: string): void {
    this.#note(event);
    if (this.#loss !== 'none') this.breaches.push(`${event} after a loss`);
  }
  opened(): void {
    this.#living('opened');
    this.#isChallenged = false;
  }
  received(messages: readonly unknown[]): void {
    this.#note('received');
    if (this.#loss === 'for good') this.breaches.push('received after a loss for good');
    if (messages.length === 0) this.breaches.push('received nothing');
  }
  requestFailed(): void {
    this.#note('requestFailed');
  }
  suspected(): void {
    this.#living('suspected');
  }
  trusted(): void {
    this.#living('trusted');
  }
  challenged(): void {
    this.#pair('challenged', this.#isChallenged);
    this.#isChallenged = true;
  }
  authorized(): void {
    this.#pair('authorized', !this.#isChallenged);
    this.#isChallenged = false;
  }
  denied(): void {
    this.#pair('denied', !this.#isChallenged);
    this.#isChallenged = false;
  }
  degraded(): void {
    this.#pair('degraded', this.#isDeaf);
    this.#isDeaf = true;
  }
  restored(): void {
    this.#pair('restored', !this.#isDeaf);
    this.#isDeaf = false;
  }
  #pair(event: string, isOutOfTurn: boolean): void {
    this.#living(event);
    if (isOutOfTurn) this.breaches.push(`${event} out of its turn`);
  }
  lost(_failure: unknown, answering: boolean): void {
    this.#note('lost');
    if (this.#loss === 'for good' || (this.#loss === 'answering' && answering)) this.breaches.push('lost twice');
    this.#loss = answering ? 'answering' : 'for good';
  }
  ended(): void {
    this.#note('ended');
    this.#ended = true;
  }
  killed(): void {
    this.#killed = true;
  }
}

describe('a faulty link', () => {
  it('keeps the contract of links under any plan, and leaves no timer', async () => {
    const step = fc.oneof(
      fc.record({ send: fc.constantFrom('initialize', 'ping', 'tools/call', 'notifications/x') }),
      fc.record({ wait: fc.constantFrom(0, 1, 40, 200, 6_000) }),
      fc.constant('push' as const),
      fc.constant('drop' as const),
    );
    const ending = fc.constantFrom('close', 'close twice', 'kill');
    await fc.assert(
      fc.asyncProperty(
        anyPlan(tame),
        fc.array(step, { maxLength: 25 }),
        ending,
        fc.nat(),
        async (plan, steps, end, seed) => {
          const clock = virtualClock();
          const server = scriptedServer();
          const random = seeded(seed);
          const link = new FaultyLink(
            new ForeignLink(server.source()),
            new PlanEngine(checkedPlan(plan), random),
            clock,
            1,
          );
          const listener = new Listener();
          const acceptances: number[] = [];
          link.open(listener);
          for (const [n, each] of steps.entries()) {
            if (each === 'push') server.last.push({ method: 'notifications/y' }, { method: 'notifications/z' });
            else if (each === 'drop') server.last.drop();
            else if ('wait' in each) await clock.advance(each.wait);
            // Nobody sends before a link is open; what a server turns down then, to open would settle.
            else if (listener.told.includes('opened') || !plan.some(({ fault }) => fault === 'challenge')) {
              const message = {
                jsonrpc: '2.0',
                method: each.send,
                ...(each.send.startsWith('n') ? {} : { id: n }),
              } as const;
              acceptances[n] = 0;
              link.send(
                [message, { jsonrpc: '2.0', method: 'notifications/w' }],
                () => (acceptances[n] = (acceptances[n] ?? 0) + 1),
              );
            }
          }
          if (end === 'kill') link.kill();
          else link.close(5_000);
          if (end === 'kill') listener.killed();
          if (end === 'close twice') link.close(100);
          await clock.advance(10_000);
          if (end !== 'kill' && !listener.told.includes('ended')) {
            expect(plan.some(({ fault }) => fault === 'hang')).toBe(true);
            link.kill();
            listener.killed();
            await settle();
          }
          expect(listener.breaches).toEqual([]);
          expect(acceptances.filter((times) => times > 1)).toEqual([]);
          expect(clock.armed).toBe(0);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  }, 30_000);
});

describe('a client behind any plan', () => {
  it('settles every call, ends every session, and leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlan(Object.keys(kinds)), fc.nat(), async (plan, seed) => {
        const clock = virtualClock();
        const server = scriptedServer({ tools: { '*': (_args, name) => name } });
        const random = seeded(seed);
        const complaints: string[] = [];
        const client = new Client(faulty(server.source, plan, { seed }), {
          clock,
          random,
          timeout: 3_000,
          connectTimeout: 2_000,
          initTimeout: 2_000,
          closeTimeout: 1_000,
          reconnect: { attempts: 3 },
          onError: (_error, where) => complaints.push(where),
        });
        const user = async (n: number): Promise<void> => {
          const lease = await client.connect();
          const calls = [lease.callTool(String(n)), lease.ping(), lease.callTool('other')];
          await Promise.allSettled(calls);
          if (n === 1) await lease.release();
          else await lease.callTool('last').catch(() => undefined);
        };
        await clock.until(Promise.allSettled([user(1), user(2), user(3)]));
        await clock.until(client.close());
        expect([client.state, client.inFlight, client.leases]).toEqual(['disconnected', [], []]);
        expect(complaints.filter((where) => where !== 'close')).toEqual([]);
        // A promise of a source that is broken late is nobody's to take back.
        await clock.advance(5_000);
        expect(clock.armed).toBe(0);
        for (const { started, closed } of server.connections) if (started > 0) expect(closed).toBeGreaterThan(0);
      }),
      { numRuns: 150, seed: 12 },
    );
  }, 30_000);
});
