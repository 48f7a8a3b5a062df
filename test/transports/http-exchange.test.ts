/** What every exchange does, whatever it is for: with a wire that is driven by hand. */
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.js';
import { Body } from '../../src/transports/http/body.js';
import { Exchange } from '../../src/transports/http/exchange.js';
import { isUnreachable, noConnection } from '../../src/transports/http/failures.js';
import { Lane, type Traveller } from '../../src/transports/http/lane.js';
import { EventStream } from '../../src/transports/http/stream.js';
import type { HttpRequest, Wire, Wires } from '../../src/transports/http/wire.js';
import { ManualClock } from './http-harness.js';

const request: HttpRequest = { method: 'POST', origin: 'http://x.invalid', path: '/', headers: [], body: '{}' };
const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;

class Clumsy extends Exchange {
  readonly failures: Error[] = [];

  constructor(readonly at: 'head' | 'data' | 'end' | null) {
    super(new ManualClock());
  }

  protected head(): void {
    this.#stumble('head');
  }

  protected data(): void {
    this.#stumble('data');
  }

  protected end(): void {
    this.#stumble('end');
  }

  protected fail(error: Error): void {
    this.failures.push(error);
  }

  #stumble(at: string): void {
    if (at === this.at) throw new Error('stumbled');
  }
}

/** A lane of one wire that does nothing by itself. */
function laneOfOne(): { lane: Lane; dispatched: () => number } {
  let dispatched = 0;
  const wire: Wire = {
    decodes: false,
    dispatch: () => {
      dispatched += 1;
    },
    hold: () => undefined,
    destroy: () => Promise.resolve(),
  };
  return { lane: new Lane({ make: () => wire } as unknown as Wires, 1), dispatched: () => dispatched };
}

describe('an exchange', () => {
  it.each(['head', 'data', 'end'] as const)('that throws at its %s fails once, and gives its wire back', async (at) => {
    const { lane, dispatched } = laneOfOne();
    const clumsy = new Clumsy(at);
    clumsy.enter(lane, request);
    clumsy.onRequestStart(controller);
    clumsy.onResponseStart(null, 200, {});
    clumsy.onResponseData(null, Buffer.from('x'));
    if (at === 'end') clumsy.onResponseEnd();
    else clumsy.onResponseError(null, new Error('aborted'));
    expect(clumsy.failures).toEqual([
      expect.objectContaining({ code: 'unreadable_answer', cause: new Error('stumbled') }),
    ]);
    await Promise.resolve();
    new Clumsy(null).enter(lane, request);
    expect(dispatched()).toBe(2);
  });

  it('that is given up while it waits leaves the queue of its lane at once', () => {
    const { lane, dispatched } = laneOfOne();
    const [first, second] = [new Clumsy(null), new Clumsy(null)];
    const withdrawn: Traveller[] = [];
    const withdraw = lane.withdraw.bind(lane);
    lane.withdraw = (traveller) => {
      withdrawn.push(traveller);
      withdraw(traveller);
    };
    first.enter(lane, request);
    second.enter(lane, request);
    second.abort();
    expect(withdrawn).toEqual([second]);
    first.onRequestStart(controller);
    first.onResponseEnd();
    expect(dispatched()).toBe(1);
  });
});

describe('a lane', () => {
  it('holds nothing of a traveller that withdrew', () => {
    const ran: string[] = [];
    const traveller = (name: string, fresh = false): Traveller => ({
      over: false,
      fresh,
      urgent: false,
      run: () => ran.push(name),
    });
    const wire: Wire = {
      decodes: false,
      dispatch: () => undefined,
      hold: () => undefined,
      destroy: () => Promise.resolve(),
    };
    const lane = new Lane({ make: () => wire } as unknown as Wires, 1);
    const [first, second, third] = [traveller('first'), traveller('second'), traveller('third')];
    for (const one of [first, second, third]) lane.enter(one);
    lane.withdraw(second);
    lane.leave(wire);
    lane.leave(wire);
    expect(ran).toEqual(['first', 'third']);
  });
});

describe('what is held of a body', () => {
  it('is a copy of chunks that are tiny, not an object for each', () => {
    const body = new Body(1_000_000);
    const chunk = Buffer.from('?');
    for (let i = 0; i < 100_000; i += 1) {
      chunk[0] = 0x61 + (i % 26);
      // The first is held as it is.
      body.add(i === 0 ? Buffer.from('a') : chunk);
    }
    const text = body.text();
    expect(text.length).toBe(100_000);
    expect(text.slice(0, 52)).toBe('abcdefghijklmnopqrstuvwxyz'.repeat(2));
  });

  it('is the beginning of one that is too large', () => {
    const body = new Body(10);
    for (const text of ['\uFEFFabc', 'def', 'ghijk']) body.add(Buffer.from(text));
    expect(body.overflowed).toBe(true);
    expect(body.bytes).toBe(10);
    expect(body.text()).toBe('abcdefg');
  });
});

describe('a batch', () => {
  it('of 300,000 members in one event is read', () => {
    const stream = new EventStream(defaultLimits);
    expect(stream.read(Buffer.from(`data: [${'1,'.repeat(299_999)}1]\n\n`))).toHaveLength(300_000);
  });
});

describe('an error before there is a connection', () => {
  const coded = (code: string): Error => Object.assign(new Error(code), { code });
  it.each([
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNRESET',
    'ETIMEDOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'EPROTO',
  ])('%s means that the peer may be gone', (code) => {
    expect(isUnreachable(noConnection(coded(code), 'x'))).toBe(true);
  });

  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_DESTROYED'])(
    '%s is trouble of our own',
    (code) => {
      const failure = noConnection(coded(code), 'x');
      expect(isUnreachable(failure)).toBe(false);
      expect(failure.executed).toBe('no');
    },
  );
});
