/** The user's own `fetch`: the same promises, through it. */
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Agent, type Dispatcher } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { causeOf } from '../../src/protocol/failure.js';
import type { DispatcherLike } from '../../src/transports/remote-options.js';
import { event, faults, type Fault } from '../support/http-faults.js';
import { call, connect, initialize, notification, Observed, startServer, type Setting } from './http-harness.js';

const fetching = (during?: () => void): { setting: Setting; urls: string[] } => {
  const urls: string[] = [];
  const own = (url: string | URL, init?: RequestInit): Promise<Response> => {
    urls.push(`${String(init?.method)} ${String(url)}`);
    during?.();
    return fetch(url, init);
  };
  return { setting: { options: { fetch: own } }, urls };
};

describe('a fetch of the user’s', () => {
  it('carries everything', async () => {
    const server = await startServer({ answers: 'stream' });
    const { setting, urls } = fetching();
    const seen = await connect(server, setting);
    seen.link.send([call(1, 'count', { steps: 2 }), call(2)]);
    expect(await seen.text(1)).toBe('counted');
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.messages.map((message) => message?.id)).toEqual(
      expect.arrayContaining([0, undefined, undefined, 1, 2]),
    );
    await server.until(() => server.streams.size === 1);
    for (const stream of server.streams) stream.write(event({ jsonrpc: '2.0', method: 'notifications/message' }));
    await seen.until(() => seen.messages.length === 6);
    await seen.close();
    expect(urls.sort()).toEqual(server.visits.map(({ verb }) => `${verb} ${server.url.href}`).sort());
    expect(server.sessions.size).toBe(0);
  });

  it('is called at most limits.connections times at once', async () => {
    const server = await startServer({ stream: false });
    const { setting } = fetching();
    const seen = await connect(server, { ...setting, limits: { connections: 8 } });
    const ids = Array.from({ length: 20 }, (_, i) => i + 1);
    seen.link.send(ids.map((id) => call(id, 'hold')));
    // Of eight, one is for the stream and one for answers.
    for (let arrived = 6; arrived < 20; arrived += 6) {
      await server.arrived('tools/call', arrived);
      expect(server.count('tools/call')).toBe(arrived);
      server.release();
    }
    await server.arrived('tools/call', 20);
    server.release();
    for (const id of ids) expect(await seen.text(id)).toBe('released');
  });

  const rows: readonly (readonly [string, Fault, object])[] = [
    ['a reset', faults.reset, { kind: 'connection', executed: 'maybe' }],
    ['a reset in the answer', faults.resetInAnswer, { kind: 'connection', executed: 'maybe' }],
    ['HTML', faults.html, { code: 'content_type', executed: 'maybe' }],
    ['202', faults.accepted, { code: 'no_answer', executed: 'maybe' }],
    ['the end of the stream', faults.streamEnds, { code: 'stream_ended', executed: 'maybe' }],
    ['500', faults.status(500), { code: 'http_500', executed: 'maybe' }],
    ['401', faults.status(401), { kind: 'authorization', executed: 'no' }],
    ['429', faults.status(429, { 'retry-after': '3600' }), { executed: 'no', retryAfter: 3_600_000 }],
    [
      'a redirect to another origin',
      faults.status(307, { location: 'http://other.invalid/' }),
      { executed: 'no', status: 307 },
    ],
  ];
  it.each(rows)('meets %s as our own sockets do', async (_, fault, expected) => {
    const server = await startServer();
    const seen = await connect(server, fetching().setting);
    server.next('tools/call', fault);
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({ refused: false, failure: expected });
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened', 'failed 1']);
  });

  it('follows redirects within the origin', async () => {
    const server = await startServer();
    const seen = await connect(server, fetching().setting);
    server.next('tools/call', faults.status(307, { location: '/elsewhere' }));
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
  });

  it('loses the link to 404 and to a server that is gone', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server, fetching().setting);
    server.forget();
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({ refused: true, failure: { code: 'session_expired' } });
    const other = await connect(server, fetching().setting);
    await server.close();
    other.link.send([call(1)]);
    expect(await other.failed(1)).toMatchObject({ refused: false });
    expect(await other.lost()).toMatchObject({ answering: false, failure: { code: 'ECONNREFUSED', executed: 'no' } });
  });

  it('that throws, rejects, or never comes back fails one request, or waits for its deadline', async () => {
    const server = await startServer({ stream: false });
    let misbehave: (() => Promise<Response>) | null = null;
    const own = (url: string | URL, init?: RequestInit): Promise<Response> => {
      const act = misbehave;
      misbehave = null;
      return act === null ? fetch(url, init) : act();
    };
    const seen = await connect(server, { options: { fetch: own }, limits: { connections: 3 } });
    misbehave = () => {
      throw new Error('thrown');
    };
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', executed: 'maybe' });
    misbehave = () => Promise.reject(new Error('rejected'));
    seen.link.send([call(2)]);
    expect((await seen.failed(2)).failure).toMatchObject({ kind: 'connection', executed: 'maybe' });
    misbehave = () => new Promise(() => {});
    seen.link.send([call(3), call(4)]);
    seen.link.abandon([3]);
    expect(await seen.text(4)).toBe('call 4');
    await seen.close();
  });

  it('sees its signal aborted when its request is abandoned, and when the link is closed', async () => {
    const server = await startServer();
    const signals: AbortSignal[] = [];
    const own = (url: string | URL, init?: RequestInit): Promise<Response> => {
      if (init?.signal && (init.method === 'GET' || (typeof init.body === 'string' && init.body.includes('hold'))))
        signals.push(init.signal);
      return fetch(url, init);
    };
    const seen = await connect(server, { options: { fetch: own } });
    seen.link.send([call(1, 'hold')]);
    await server.arrived('tools/call');
    const [signal] = signals.slice(-1);
    seen.link.abandon([1]);
    expect(signal?.aborted).toBe(true);
    seen.link.send([call(2, 'hold')]);
    await server.arrived('tools/call', 2);
    await seen.close();
    await server.until(() => server.streams.size === 0);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  it('has the body of an answer cancelled when its request is abandoned, though it ignores the signal', async () => {
    const server = await startServer({ stream: false });
    let cancelled = (): void => {};
    const cancel = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        stream.enqueue(Buffer.from(event({ jsonrpc: '2.0', method: 'notifications/message' })));
      },
      cancel: () => {
        cancelled();
      },
    });
    const own = (url: string | URL, init?: RequestInit): Promise<Response> =>
      typeof init?.body === 'string' && init.body.includes('tools/call')
        ? Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
        : fetch(url, init);
    const seen = await connect(server, { options: { fetch: own } });
    seen.link.send([call(1)]);
    await seen.until(() => seen.messages.length === 2);
    seen.link.abandon([1]);
    await cancel;
    expect(seen.saw('requestFailed')).toBe(false);
  });

  it('may decode what is encoded', async () => {
    const server = await startServer();
    const seen = await connect(server, fetching().setting);
    server.next('tools/call', ({ response }) => {
      const body = gzipSync(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    });
    seen.link.send([call(1)]);
    expect(await seen.answer(1)).toMatchObject({ result: {} });
  });

  it('that has trouble of its own raises no suspicion, and in a probe says nothing against the server', async () => {
    const server = await startServer({ stream: false });
    const codes: string[] = [];
    const own = (url: string | URL, init?: RequestInit): Promise<Response> => {
      const code = codes.shift();
      return code === undefined ? fetch(url, init) : Promise.reject(Object.assign(new Error(code), { code }));
    };
    const seen = await connect(server, { options: { fetch: own } });
    codes.push('EADDRNOTAVAIL');
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'EADDRNOTAVAIL', executed: 'no' });
    seen.link.send([call(2)]);
    await seen.answer(2);
    expect(seen.saw('suspected')).toBe(false);
    codes.push('ECONNREFUSED', 'EADDRNOTAVAIL');
    seen.link.send([call(3)]);
    await seen.told('trusted');
    expect(seen.names.slice(-3)).toEqual(['failed 3', 'suspected', 'trusted']);
  });

  it('leaves no unhandled rejection when it fails after the link is gone', async () => {
    const server = await startServer();
    let reject: (reason: Error) => void = () => {};
    const seen = new Observed(server.url, {
      options: {
        fetch: () =>
          new Promise((_, no) => {
            reject = no;
          }),
      },
    });
    seen.link.send([initialize]);
    seen.link.send([notification('notifications/cancelled')]);
    await seen.close(10);
    reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.names).toEqual(['opened', 'ended']);
  });
});

describe('what carries a request and ends without an answer', () => {
  it('has failed: a fetch that gives an answer of no status', async () => {
    const server = await startServer({ stream: false });
    let isOdd = false;
    const own: typeof fetch = (url, init) => (isOdd ? Promise.resolve(Response.error()) : fetch(url, init));
    const seen = await connect(server, { options: { fetch: own } });
    isOdd = true;
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', executed: 'maybe' });
  });

  it('has failed: a dispatcher that says that it is over, and nothing before', async () => {
    const server = await startServer({ stream: false });
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    let isOdd = false;
    const dispatcher: DispatcherLike = {
      dispatch: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean => {
        if (!isOdd) return agent.dispatch(options, handler);
        const controller = { abort: () => undefined } as never;
        handler.onRequestStart?.(controller, {});
        handler.onResponseEnd?.(controller, {});
        return true;
      },
    };
    const seen = await connect(server, { options: { dispatcher } });
    isOdd = true;
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'no_answer', executed: 'maybe' });
  });
});

describe('an error of a fetch of the user’s', () => {
  it('that quotes the address is shown without the secrets of it', async () => {
    const server = await startServer({ stream: false });
    let isGone = false;
    const own = (url: string | URL, init?: RequestInit): Promise<Response> => {
      if (!isGone) return fetch(url, init);
      const reason = Object.assign(new Error(`request to ${String(url)} failed`), { code: 'ECONNRESET' });
      return Promise.reject(new TypeError('fetch failed', { cause: reason }));
    };
    const options = { fetch: own, url: new URL('?api_key=s3cr3t-of-the-query', server.url) };
    const seen = await connect(server, { options });
    isGone = true;
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ code: 'ECONNRESET', executed: 'maybe' });
    expect(inspect(causeOf(failure), { depth: 9 })).not.toContain('s3cr3t');
  });
});
