import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inbound, type HandlerContext, type InboundRequest } from '../../src/actors/inbound.js';
import type { Answer } from '../../src/protocol/json-rpc.js';

const LIMIT = 3;

/** One request, and what became of it. */
interface Asked {
  readonly request: InboundRequest;
  readonly answers: Answer[];
  context: HandlerContext | null;
  finish: (() => Promise<void>) | null;
  fate: 'open' | 'withdrawn' | 'left';
  /** Whether all hands were full when it came. */
  readonly isTooMuch: boolean;
}

/** The table, and beside it a list of what must be true of every request. */
class Model {
  readonly asked: Asked[] = [];
  readonly inbound = new Inbound({
    limit: LIMIT,
    respond: (request, context) => {
      const entry = this.#of(request);
      entry.context = context;
      return new Promise<Answer>((resolve) => {
        entry.finish = async () => {
          entry.finish = null;
          resolve({ result: entry });
          await Promise.resolve();
          await Promise.resolve();
        };
      });
    },
    answered: (request, answer) => this.#of(request).answers.push(answer),
    withdrawn: () => 'withdrawn',
    left: () => 'left',
  });

  #of(request: InboundRequest): Asked {
    const found = this.asked.find((entry) => entry.request === request);
    if (found === undefined) throw new Error('nobody asked for that');
    return found;
  }

  open(id: number): Asked | undefined {
    return this.asked.find(
      ({ request, fate, answers }) => request.id === id && fate === 'open' && answers.length === 0,
    );
  }

  /** Those that are worked on, of whatever session. */
  get #working(): number {
    return this.asked.filter(({ finish }) => finish !== null).length;
  }

  take(id: number): void {
    // The chart does not hand on an id that has its answer coming.
    if (this.open(id) !== undefined) return;
    const request = { generation: 1, id, method: 'ask', body: undefined };
    this.asked.push({
      request,
      answers: [],
      context: null,
      finish: null,
      fate: 'open',
      isTooMuch: this.#working === LIMIT,
    });
    this.inbound.take(request);
  }

  withdraw(id: number): void {
    const entry = this.open(id);
    if (entry !== undefined) entry.fate = 'withdrawn';
    this.inbound.withdraw(id);
  }

  leave(): void {
    for (const entry of this.asked) if (entry.fate === 'open' && entry.answers.length === 0) entry.fate = 'left';
    this.inbound.leave();
  }

  async finish(index: number): Promise<void> {
    const running = this.asked.filter(({ finish }) => finish !== null);
    await running[index % Math.max(1, running.length)]?.finish?.();
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('take' as const), n: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('withdraw' as const), n: fc.nat(2) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('finish' as const), n: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), n: fc.constant(0) }) },
  ),
  { maxLength: 40 },
);

describe('requests of the server', () => {
  it('in any order of asking, withdrawing, answering and leaving get one answer each, or none where nobody waits', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const model = new Model();
        for (const step of run) {
          if (step.do === 'take') model.take(step.n);
          else if (step.do === 'withdraw') model.withdraw(step.n);
          else if (step.do === 'leave') model.leave();
          else await model.finish(step.n);
          for (const { fate, answers, context, finish, isTooMuch } of model.asked) {
            expect(context === null).toBe(isTooMuch);
            if (context === null) {
              expect(answers).toHaveLength(1);
              continue;
            }
            expect(context.signal.aborted).toBe(fate !== 'open');
            if (fate !== 'open') expect(context.signal.reason).toBe(fate);
            expect(answers).toHaveLength(fate === 'open' && finish === null ? 1 : 0);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never have more handlers at work than the limit, however many are withdrawn, or are of sessions that were left', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const model = new Model();
        for (const step of run) {
          if (step.do === 'take') model.take(step.n);
          else if (step.do === 'withdraw') model.withdraw(step.n);
          else if (step.do === 'leave') model.leave();
          else await model.finish(step.n);
          expect(model.asked.filter(({ finish }) => finish !== null).length).toBeLessThanOrEqual(LIMIT);
        }
      }),
      { numRuns: 300 },
    );
  });
});
