import { describe, expect, it } from 'vitest';
import { ClosedError, RequestAbortedError, type HandlerContext } from '../../../src/index.js';
import { outcome, settle } from '../../support/virtual-client.js';
import { asking, samplingParams } from './fixtures/server-calls.js';

const unlookable = (): never => {
  throw new Error('do not look');
};

/** A sampling handler that notes who asks, and answers when it is told to. */
function patient() {
  const contexts: HandlerContext[] = [];
  const finish: ((text: string) => void)[] = [];
  const samplingHandler = (_params: unknown, context: HandlerContext): Promise<string> => {
    contexts.push(context);
    return new Promise((resolve) => finish.push(resolve));
  };
  return { contexts, finish, samplingHandler };
}

const text = (content: string) => ({
  jsonrpc: '2.0',
  result: { role: 'assistant', model: 'mcp-actor', content: { type: 'text', text: content } },
});

describe('a request of the server', () => {
  it.each([0, '', 7, 'seven'])('with the id %j is answered once, and its handler is told of it', async (id) => {
    const { contexts, finish, samplingHandler } = patient();
    const { asks, answers } = await asking({ samplingHandler });
    await asks(id, 'sampling/createMessage', { ...samplingParams, _meta: { progressToken: 'p', trace: 1 } });
    expect(contexts[0]).toMatchObject({
      requestId: id,
      method: 'sampling/createMessage',
      generation: 1,
      meta: { progressToken: 'p', trace: 1 },
    });
    expect(answers(id)).toEqual([]);
    finish[0]?.('done');
    await settle();
    expect(answers(id)).toEqual([{ id, ...text('done') }]);
  });

  it.each([0, '', 7, 'seven'])(
    'with the id %j that is withdrawn aborts the signal, and is not answered',
    async (id) => {
      const { contexts, finish, samplingHandler } = patient();
      const { asks, withdraws, answers } = await asking({ samplingHandler });
      await asks(id, 'sampling/createMessage', samplingParams);
      await withdraws(id);
      expect(contexts[0]?.signal.aborted).toBe(true);
      expect(contexts[0]?.signal.reason).toBeInstanceOf(RequestAbortedError);
      finish[0]?.('too late');
      await settle();
      expect(answers(id)).toEqual([]);
    },
  );

  it('that is withdrawn and asked again under the same id is not given the answer to the first', async () => {
    const { finish, samplingHandler } = patient();
    const { asks, withdraws, answers } = await asking({ samplingHandler });
    await asks(5, 'sampling/createMessage', samplingParams);
    await withdraws(5);
    await asks(5, 'sampling/createMessage', samplingParams);
    finish[0]?.('to the first');
    await settle();
    expect(answers(5)).toEqual([]);
    finish[1]?.('to the second');
    await settle();
    expect(answers(5)).toEqual([{ id: 5, ...text('to the second') }]);
  });

  it('that comes twice while it is worked on is worked on once', async () => {
    const { finish, samplingHandler } = patient();
    const { asks, answers } = await asking({ samplingHandler });
    await asks(5, 'sampling/createMessage', samplingParams);
    await asks(5, 'sampling/createMessage', samplingParams);
    expect(finish).toHaveLength(1);
    finish[0]?.('done');
    await settle();
    expect(answers(5)).toHaveLength(1);
  });

  it('has an id by type and value: "1" is not 1', async () => {
    const { finish, contexts, samplingHandler } = patient();
    const { asks, withdraws, answers } = await asking({ samplingHandler });
    await asks(1, 'sampling/createMessage', samplingParams);
    await asks('1', 'sampling/createMessage', samplingParams);
    await withdraws('1');
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false, true]);
    finish.forEach((answer) => answer('done'));
    await settle();
    expect([answers(1).length, answers('1').length]).toEqual([1, 0]);
  });

  it('for what nobody handles is answered with -32601', async () => {
    const { asks, answers, complaints } = await asking();
    await asks(1, 'sampling/createMessage', samplingParams);
    await asks(2, 'roots/list');
    await asks(3, 'elicitation/create', { message: 'who?', requestedSchema: { type: 'object', properties: {} } });
    await asks(4, 'no/such/method');
    await asks(5, '__proto__');
    expect([1, 2, 3, 4, 5].flatMap((id) => answers(id).map(({ error }) => error?.code))).toEqual(
      Array.from({ length: 5 }, () => -32601),
    );
    expect(complaints).toEqual([]);
  });

  it('before the handshake is answered with -32601: the server was not told of anything yet', async () => {
    const { asks, answers, client } = await asking({ autoInitialize: false, samplingHandler: () => 'hi' });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)[0]?.error?.code).toBe(-32601);
    await client.initialize();
    await asks(2, 'sampling/createMessage', samplingParams);
    expect(answers(2)[0]).toMatchObject(text('hi'));
  });

  it('whose params are not those of the protocol is answered with -32602, and reaches no handler', async () => {
    let called = 0;
    const { asks, answers, complaints } = await asking({
      samplingHandler: () => String((called += 1)),
      elicitationHandler: () => ({ called: (called += 1) }),
    });
    await asks(1, 'sampling/createMessage', { messages: 'hello', maxTokens: 10 });
    await asks(2, 'sampling/createMessage');
    await asks(3, 'elicitation/create', { message: 'who?' });
    expect([1, 2, 3].map((id) => answers(id)[0]?.error?.code)).toEqual([-32602, -32602, -32602]);
    expect(called).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe('a handler', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('out of tokens');
      },
    ],
    ['rejects', () => Promise.reject(new Error('out of tokens'))],
  ])('that %s gives the server -32603 and its message, tells onError, and hurts nobody', async (_how, handler) => {
    const { asks, answers, complaints, lease } = await asking({ samplingHandler: handler });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)[0]?.error).toEqual({ code: -32603, message: 'out of tokens' });
    expect(complaints).toEqual(['samplingHandler: out of tokens']);
    await lease.ping();
  });

  it.each<[string, Error]>([
    ['something that cannot be shown', Object.create(null) as Error],
    [
      'an error whose code throws',
      Object.defineProperty(new Error('odd'), 'code', {
        get: () => {
          throw new Error('no');
        },
      }),
    ],
    ['an error that cannot be looked at', new Proxy(new Error('odd'), { get: unlookable, getPrototypeOf: unlookable })],
    ['an error whose data is no JSON', Object.assign(new Error('big'), { code: -5, data: 1n })],
  ])('that throws %s gives the server an error all the same', async (_what, thrown) => {
    const { asks, answers, lease } = await asking({ samplingHandler: () => Promise.reject(thrown) });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)).toHaveLength(1);
    expect(typeof answers(1)[0]?.error?.message).toBe('string');
    await lease.ping();
  });

  it('that throws an error with a code of JSON-RPC gives the server that code', async () => {
    const refused = Object.assign(new Error('the user said no'), { code: -1, data: { by: 'user' } });
    const { asks, answers } = await asking({ samplingHandler: () => Promise.reject(refused) });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)[0]?.error).toEqual({ code: -1, message: 'the user said no', data: { by: 'user' } });
  });

  it.each<[string, (signal: AbortSignal) => Promise<string>]>([
    ['throws the reason', (signal) => Promise.reject(signal.reason as Error)],
    ['throws an AbortError', () => Promise.reject(new DOMException('stopped', 'AbortError'))],
    ['gives nothing', () => Promise.resolve() as never],
  ])('that %s because its signal was aborted is no complaint', async (_how, stop) => {
    const { asks, withdraws, complaints } = await asking({
      samplingHandler: (_params, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(stop(signal)));
        }),
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    await withdraws(1);
    expect(complaints).toEqual([]);
  });

  it('that breaks after its signal was aborted is one', async () => {
    let fail: (error: Error) => void = () => undefined;
    const { asks, withdraws, complaints } = await asking({
      samplingHandler: () => new Promise<string>((_resolve, reject) => (fail = reject)),
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    await withdraws(1);
    fail(new Error('disk full'));
    await settle();
    expect(complaints).toEqual(['samplingHandler: disk full']);
  });

  it.each([
    ['nothing', undefined],
    ['no result of the protocol', { role: 'assistant' }],
    ['what is no JSON', { ...text('x').result, _meta: { big: 1n } }],
  ])('that gives %s gives the server -32603, tells onError, and the session lives', async (_what, given) => {
    const { asks, answers, complaints, lease, client } = await asking({ samplingHandler: () => given as never });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)[0]?.error?.code).toBe(-32603);
    expect(complaints).toHaveLength(1);
    await lease.ping();
    expect(client.generation).toBe(1);
  });

  it('may be as late as it likes: pings of the server are answered meanwhile, and so are our calls', async () => {
    const { asks, answers, lease } = await asking({ samplingHandler: patient().samplingHandler });
    await asks(1, 'sampling/createMessage', samplingParams);
    await asks(2, 'ping');
    expect(answers(2)).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }]);
    await lease.callTool('anything');
  });
});

describe('two hundred requests at once', () => {
  it('keep at most limits.inbound handlers at work, and each gets one answer', async () => {
    let working = 0;
    let most = 0;
    const finish: (() => void)[] = [];
    const { connection, answers, clock } = await asking({
      limits: { inbound: 64 },
      samplingHandler: async () => {
        working += 1;
        most = Math.max(most, working);
        await new Promise<void>((resolve) => finish.push(resolve));
        working -= 1;
        return 'done';
      },
    });
    const ids = Array.from({ length: 200 }, (_, id) => id);
    connection.push(...ids.map((id) => ({ id, method: 'sampling/createMessage', params: samplingParams })));
    await settle();
    expect(most).toBe(64);
    for (const done of finish) done();
    await clock.advance(0);
    expect(ids.every((id) => answers(id).length === 1)).toBe(true);
    expect(ids.filter((id) => answers(id)[0]?.error?.code === -32000)).toHaveLength(136);
  });

  it('that are withdrawn as soon as they are asked start no more handlers than that', async () => {
    const { contexts, finish, samplingHandler } = patient();
    const { asks, withdraws, answers } = await asking({ limits: { inbound: 4 }, samplingHandler });
    for (let id = 0; id < 200; id += 1) {
      await asks(id, 'sampling/createMessage', samplingParams);
      await withdraws(id);
    }
    expect(contexts).toHaveLength(4);
    finish.forEach((answer) => answer('done'));
    await settle();
    await asks('next', 'sampling/createMessage', samplingParams);
    expect(contexts).toHaveLength(5);
    finish[4]?.('done');
    await settle();
    expect(answers('next')).toHaveLength(1);
  });
});

describe('when the session is left', () => {
  it('by a loss, the signals of its handlers are aborted before the next session is there', async () => {
    const { contexts, finish, samplingHandler } = patient();
    const { asks, connection, client, server, answers } = await asking({ samplingHandler });
    server.onClose = () => new Promise(() => undefined);
    await asks(1, 'sampling/createMessage', samplingParams);
    connection.drop(new Error('gone'));
    expect(contexts[0]?.signal.aborted).toBe(true);
    expect(contexts[0]?.signal.reason).toMatchObject({ cause: { message: 'gone' } });
    expect(client.generation).toBe(1);
    finish[0]?.('too late');
    await settle();
    expect(answers(1)).toEqual([]);
  });

  it('its handlers that do not stop count on, however often a server goes and comes again', async () => {
    const { contexts, finish, samplingHandler } = patient();
    const { asks, connection, client, server, clock } = await asking({ limits: { inbound: 2 }, samplingHandler });
    await asks(1, 'sampling/createMessage', samplingParams);
    connection.drop();
    for (let session = 2; session < 6; session += 1) {
      await clock.advance(0);
      await client.waitFor('ready');
      server.last.push({ id: 1, method: 'sampling/createMessage', params: samplingParams });
      await settle();
      if (session > 2) expect(server.last.received.at(-1)).toMatchObject({ id: 1, error: { code: -32000 } });
      server.last.drop();
      await clock.advance(60_000);
    }
    expect(contexts.map(({ generation }) => generation)).toEqual([1, 2]);
    for (const end of finish) end('at last');
    await client.waitFor('ready');
    server.last.push({ id: 7, method: 'sampling/createMessage', params: samplingParams });
    await settle();
    finish[2]?.('done');
    await settle();
    expect(server.last.received.at(-1)).toEqual({ id: 7, ...text('done') });
  });

  it('the next session is not given answers of the one before', async () => {
    const { contexts, finish, samplingHandler } = patient();
    const { asks, connection, client, server, clock } = await asking({ samplingHandler });
    await asks(1, 'sampling/createMessage', samplingParams);
    connection.drop();
    await clock.advance(0);
    await client.waitFor('ready');
    server.last.push({ id: 1, method: 'sampling/createMessage', params: samplingParams });
    await settle();
    expect(contexts.map(({ generation }) => generation)).toEqual([1, 2]);
    finish[0]?.('of the first session');
    await settle();
    expect(server.last.received.filter(({ id, method }) => id === 1 && method === undefined)).toEqual([]);
    finish[1]?.('of the second');
    await settle();
    expect(server.last.received.at(-1)).toEqual({ id: 1, ...text('of the second') });
  });

  it('by close(), handlers may answer while it drains, and are told to stop when that is over', async () => {
    const { contexts, finish, samplingHandler } = patient();
    const { asks, answers, client, clock } = await asking({ samplingHandler });
    await asks(1, 'sampling/createMessage', samplingParams);
    await asks(2, 'sampling/createMessage', samplingParams);
    const closing = outcome(client.close({ drain: 500 }));
    finish[0]?.('in time');
    await clock.advance(499);
    expect(answers(1)).toHaveLength(1);
    expect(contexts[1]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(contexts[1]?.signal.aborted).toBe(true);
    expect(contexts[1]?.signal.reason).toBeInstanceOf(ClosedError);
    expect(closing.state).toBe('fulfilled');
    finish[1]?.('too late');
    await settle();
    expect(answers(2)).toEqual([]);
  });

  it('while a handler never resolves, close() ends in its time', async () => {
    const { asks, client, clock } = await asking({ samplingHandler: () => new Promise<never>(() => undefined) });
    await asks(1, 'sampling/createMessage', samplingParams);
    const closing = outcome(client.close());
    await clock.advance(5_000);
    expect(closing.state).toBe('fulfilled');
    expect(client.state).toBe('disconnected');
  });

  it('a signal whose listener calls the client back changes nothing', async () => {
    const { asks, client, connection, clock } = await asking({
      samplingHandler: (_params, { signal }) =>
        new Promise<never>(() => {
          signal.addEventListener('abort', () => void client.close());
        }),
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    connection.drop();
    await clock.advance(0);
    expect(client.state).toBe('disconnected');
    expect(client.leases).toEqual([]);
  });
});

describe('a handler that uses the client', () => {
  it('may call it while the server waits', async () => {
    const { asks, answers, client } = await asking({
      samplingHandler: async () => `there are ${String((await client.listTools()).length)} tools`,
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)).toEqual([{ id: 1, ...text('there are 0 tools') }]);
  });

  it('may close it: the hazard of close() inside a handler [2.3.26]', async () => {
    const closed: string[] = [];
    const { asks, client, clock } = await asking({
      samplingHandler: async () => {
        await client.close();
        closed.push(client.state);
        return 'closed';
      },
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    await clock.advance(5_000);
    expect(closed).toEqual(['disconnected']);
  });

  it('may take a lease, which keeps the session', async () => {
    const { asks, answers, client, lease } = await asking({
      samplingHandler: () => client.use(async (own) => (await own.ping(), 'pinged')),
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)).toEqual([{ id: 1, ...text('pinged') }]);
    expect(lease.active).toBe(true);
  });
});
