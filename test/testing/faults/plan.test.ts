import { describe, expect, it } from 'vitest';
import { Client, ConfigError } from '../../../src/index.js';
import {
  faultPlan,
  faulty,
  parsePlan,
  scriptedServer,
  virtualClock,
  type FaultEntry,
  type FaultPlan,
} from '../../../src/testing/index.js';
import { kinds } from '../../../src/testing/faults/schema.js';
import { faultyClient, refusal } from './support.js';

const source = scriptedServer().source;

const complaint = (plan: unknown): string => {
  try {
    faulty(source, plan as FaultPlan);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return 'it was taken';
};

describe('a plan that does not fit', () => {
  it.each([
    [
      [
        { fault: 'drop', at: 'send' },
        { fault: 'drop', at: 'receive', after: -1 },
      ],
      /^plan\[1\]\.after: .*>=0/,
    ],
    [[{ fault: 'drop', at: 'receive', chance: 1.5 }], /^plan\[0\]\.chance: .*<=1/],
    [[{ fault: 'drop', at: 'send', nht: 3 }], 'plan[0].nht: there is no such field; remove it, or correct its name'],
    [[{ fault: 'drop' }], /^plan\[0\]\.at: .*"send"\|"receive"/],
    [[{ fault: 'drop', at: 'open' }], /^plan\[0\]\.at: .*"send"\|"receive"/],
    [
      [{ fault: 'explode' }],
      /^plan\[0\]\.fault: names no fault \("explode"\); there are throw, reject, refuse, .*babble$/,
    ],
    [[{}], /^plan\[0\]\.fault: names no fault \(none\)/],
    [['drop'], /^plan\[0\].*: must be an object such as \{ fault: "drop", at: "receive" \}$/],
    [[{ fault: 'delay', at: 'receive' }], /^plan\[0\]\.ms: .*expected number/],
    [
      [{ fault: 'hang', at: 'open', nth: 2 }],
      'plan[0].nth: is about messages, and at "open" there are none; use "generation"',
    ],
    [[{ fault: 'refuse', method: 'ping' }], /^plan\[0\]\.method: is about messages/],
    [{ drop: 0.1 }, /^plan: .*expected array/],
    [
      [{ fault: 'inject', at: 'receive', what: 'message' }],
      'plan[0].message: say what is to be injected, such as { method: "notifications/x" }',
    ],
  ])('is refused where it is made, entry and field and all: %j', (plan, message) => {
    const said = complaint(plan);
    if (typeof message === 'string') expect(said).toBe(message);
    else expect(said).toMatch(message);
  });

  it('is told of all its faults at once, one a line', () => {
    const said = complaint([
      { fault: 'drop', at: 'send', x: 1, y: 2 },
      { fault: 'slow', at: 'opened', bytesPerSecond: 0 },
    ]);
    expect(said.split('\n').map((line) => line.split(':')[0])).toEqual([
      'plan[0].x',
      'plan[0].y',
      'plan[1].bytesPerSecond',
    ]);
  });

  it('is refused from text too, also where that is no JSON', () => {
    expect(() => parsePlan('[{ "fault": "drop" ')).toThrow(/^the fault plan is not JSON: /);
    expect(() => parsePlan('[{ "fault": "drop", "at": "close" }]')).toThrow(/^plan\[0\]\.at \(line 1\): /);
    const text = `[
      { "fault": "drop", "at": "send" },
      {
        "fault": "inject", "at": "receive", "what": "message",
        "message": { "a": [1, { "b": "}]\\"," }] },
        "count": 0,
        "\\u0078": 1
      },
      7,
      { "fault": "drop" }
    ]`;
    const said = (act: () => unknown): string => {
      try {
        return JSON.stringify(act());
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(
      said(() => parsePlan(text))
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['plan[1].count (line 6)', 'plan[1].x (line 7)', 'plan[2] (line 9)', 'plan[3].at (line 10)']);
    expect(said(() => parsePlan('{\n}'))).toMatch(/^plan \(line 1\): .*expected array/);
    expect(said(() => parsePlan('[\n{\n"fault" "drop"}]'))).toMatch(/^the fault plan is not JSON: .*\bline 3\b/);
    expect(parsePlan('[{ "fault": "refuse" }]')).toEqual([
      { fault: 'refuse', at: 'open', ms: 0, code: 'ECONNREFUSED', retryable: true },
    ]);
  });
});

it('that does not fit is refused by the compiler too', () => {
  const entries: FaultEntry[] = [
    { fault: 'refuse' },
    // @ts-expect-error there are two places, so it must be said which
    { fault: 'drop' },
    // @ts-expect-error a connection that opens has no message to lose
    { fault: 'drop', at: 'open' },
    // @ts-expect-error there is no such field
    { fault: 'drop', at: 'send', nht: 1 },
  ];
  expect(entries.map((entry) => faultPlan.safeParse([entry]).success)).toEqual([true, false, false, false]);
});

it.each(Object.entries(kinds))('the example of %s fits the schema', (_name, { example }) => {
  expect(faultPlan.safeParse([example]).error).toBeUndefined();
});

describe('an entry', () => {
  /** Which of six pings are lost, one after the other, in two sessions of three. */
  const lost = async (entry: Partial<FaultEntry>): Promise<number[]> => {
    const plan = [{ fault: 'drop', at: 'receive', method: 'ping', ...entry } as FaultEntry];
    const { client, clock } = faultyClient(plan, { timeout: 10 });
    const missing: number[] = [];
    for (let ping = 1; ping <= 6; ping += 1) {
      const lease = await client.connect();
      await clock.until(lease.ping().catch(() => missing.push(ping)));
      if (ping === 3) await clock.until(client.close());
    }
    return missing;
  };

  it.each([
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ nth: 2 }, [2, 5]],
    [{ after: 2 }, [3, 6]],
    [{ generation: 2 }, [4, 5, 6]],
    [{ generation: 2, nth: 1 }, [4]],
    [{ times: 2 }, [1, 2]],
    [{ after: 1, times: 3 }, [2, 3, 5]],
    [{ chance: 0 }, []],
    [{ chance: 1 }, [1, 2, 3, 4, 5, 6]],
    [{ method: 'tools/call' }, []],
  ])('with %j strikes when all of that holds', async (entry, expected) => {
    expect(await lost(entry)).toEqual(expected);
  });

  it('counts on while another one strikes', async () => {
    const { client, clock, struck } = faultyClient(
      [
        { fault: 'drop', at: 'receive', method: 'ping', nth: 1 },
        { fault: 'malform', method: 'ping', nth: 2 },
      ],
      { timeout: 10 },
    );
    const lease = await client.connect();
    for (let ping = 0; ping < 3; ping += 1) await clock.until(lease.ping().catch(() => undefined));
    expect(struck).toEqual(['drop at receive in session 1', 'malform at receive in session 1']);
  });

  it('begins anew with each client of the source', async () => {
    const clock = virtualClock();
    const shared = faulty(scriptedServer().source, [{ fault: 'refuse', generation: 1 }]);
    const client = new Client(shared, { clock });
    for (const each of [client, client.new()]) {
      expect(await refusal(each.connect())).toMatchObject({ code: 'ECONNREFUSED' });
      await each.use((lease) => lease.ping());
    }
  });
});

describe('chance', () => {
  const plan: FaultPlan = [
    { fault: 'drop', at: 'receive', chance: 0.1 },
    { fault: 'corrupt', at: 'send', chance: 0.1 },
    { fault: 'disconnect', at: 'receive', chance: 0.05 },
    { fault: 'delay', at: 'receive', chance: 0.3, ms: 40 },
    { fault: 'truncate', at: 'receive', chance: 0.05 },
  ];

  /** All that happens in a run: which faults strike, and how each call comes out, and when. */
  const run = async (seed: number): Promise<string[]> => {
    const { client, clock, struck } = faultyClient(plan, { seed, timeout: 200, initTimeout: 500 });
    const story: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      const call = client.use((lease) => lease.callTool(String(n)));
      const outcome = await clock.until(
        call.then(
          () => 'ok',
          (error: unknown) => (error as ConfigError).message,
        ),
      );
      story.push(`${String(clock.now())}: ${outcome}`);
    }
    return [...story, ...struck];
  };

  it('is the same with the same seed, and another with another', async () => {
    const [one, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(one.length).toBeGreaterThan(25);
  });

  it('is as likely as the plan says', async () => {
    let struck = 0;
    const source = faulty(
      scriptedServer({ tools: { '*': () => 'x' } }).source,
      [{ fault: 'duplicate', at: 'send', method: 'ping', chance: 0.25 }],
      {
        seed: 3,
        onFault: () => (struck += 1),
      },
    );
    await new Client(source, { clock: virtualClock() }).use(async (lease) => {
      for (let n = 0; n < 2_000; n += 1) await lease.ping();
    });
    expect(struck).toBeGreaterThan(400);
    expect(struck).toBeLessThan(600);
  });
});
