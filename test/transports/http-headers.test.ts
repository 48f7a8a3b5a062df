import { describe, expect, it } from 'vitest';
import { causeOf } from '../../src/protocol/failure.js';
import { retryAfter } from '../../src/transports/http/headers.js';
import {
  call,
  connect,
  initialize,
  ManualClock,
  notification,
  Observed,
  startServer,
  type Setting,
} from './http-harness.js';

describe('the headers of the user', () => {
  it('go with every request, and cannot replace those of the protocol [3.8.10]', async () => {
    const server = await startServer();
    const headers = {
      Authorization: 'Bearer token',
      Accept: 'text/html',
      'MCP-Session-Id': 'mine',
      'Content-Type': 'text/plain',
      'X-Team': 'a',
    };
    const seen = await connect(server, { options: { headers } });
    seen.link.send([call(1)]);
    await seen.answer(1);
    await seen.close();
    const [session] = [server.last('tools/call').headers['mcp-session-id']];
    expect(session).not.toBe('mine');
    for (const { headers: sent } of server.visits)
      expect(sent).toMatchObject({ authorization: 'Bearer token', 'x-team': 'a' });
    expect(new Set(server.names)).toEqual(
      new Set(['initialize', 'notifications/initialized', 'GET', 'tools/call', 'DELETE']),
    );
    expect(server.last('tools/call').headers).toMatchObject({
      'content-type': 'application/json',
      'mcp-session-id': session,
    });
  });

  it('may come from a function, which is asked each time', async () => {
    const server = await startServer();
    let n = 0;
    const seen = await connect(server, { options: { headers: () => ({ 'x-n': String((n += 1)) }) } });
    for (const id of [1, 2]) {
      seen.link.send([call(id)]);
      await seen.answer(id);
    }
    const sent = server.visits.map(({ headers }) => Number(headers['x-n']));
    expect(new Set(sent).size).toBe(5);
  });

  it('do not reorder the messages of one send, however long they take', async () => {
    const server = await startServer();
    let turns = 10;
    const headers = async (): Promise<Record<string, string>> => {
      for (let turn = (turns -= 1); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
      return { 'x-turns': String(turns) };
    };
    const seen = await connect(server, { options: { headers }, limits: { connections: 3 } });
    const ids = Array.from({ length: 10 }, (_, i) => i + 1);
    seen.link.send(ids.map((id) => call(id)));
    for (const id of ids) await seen.answer(id);
    const calls = server.visits.filter(({ message }) => message.method === 'tools/call');
    expect(calls.map(({ message }) => message.id)).toEqual(ids);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no token'))],
  ])('whose function %s fail what was to be sent, and nothing else', async (_, broken) => {
    const server = await startServer();
    let works = true;
    const seen = await connect(server, { options: { headers: () => (works ? {} : broken()) } });
    works = false;
    const accepted = seen.send(call(1));
    expect(await seen.failed(1)).toMatchObject({
      refused: false,
      failure: { kind: 'connection', code: 'headers_failed', executed: 'no' },
    });
    expect(await accepted).toMatchObject({ code: 'headers_failed' });
    works = true;
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    expect(server.count('tools/call')).toBe(1);
  });

  it('that never come hold up what is sent behind them only until their request is abandoned', async () => {
    const server = await startServer();
    let stuck = false;
    let open = (): void => {};
    const headers = (): Record<string, string> | Promise<Record<string, string>> =>
      stuck
        ? new Promise((resolve) => {
            open = () => {
              resolve({});
            };
          })
        : {};
    const seen = await connect(server, { options: { headers } });
    stuck = true;
    seen.link.send([call(1)]);
    stuck = false;
    seen.link.send([call(2)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.count('tools/call')).toBe(0);
    seen.link.abandon([1]);
    expect(await seen.text(2)).toBe('call 2');
    open();
    seen.link.send([call(3)]);
    await seen.answer(3);
    expect(server.count('tools/call')).toBe(2);
  });

  it('that HTTP does not allow fail the request, and say so without their value', async () => {
    const server = await startServer();
    const seen = new Observed(server.url, { options: { headers: { 'x-token': 'secret\nvalue' } } });
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ kind: 'config', code: 'invalid_header', executed: 'no', retryable: false });
    expect(failure.message).not.toContain('secret');
    expect(server.connections).toBe(0);
  });
});

describe('headers that cannot be sent', () => {
  const given: readonly (readonly [string, unknown])[] = [
    ['a value that is a number', { 'x-token': 12_345_678 }],
    ['a value that is a list', { 'x-token': ['secret-value'] }],
    ['a value with a line break', { 'x-token': 'secret-value\r\nx: y' }],
    ['a value that is not Latin-1', { 'x-token': 'secret-value\u2026' }],
    ['a name with a space', { 'x token': 'secret-value' }],
    ['a name that makes another exchange of it', { Upgrade: 'secret-value' }],
    ['no headers but a text', 'secret-value'],
  ];
  const carriers: readonly (readonly [string, Setting['options']])[] = [
    ['our own sockets', {}],
    ['a fetch of the user’s', { fetch: (url, init) => fetch(url, init) }],
  ];

  it.each(
    carriers.flatMap(([carrier, options]) =>
      given.map(([what, headers]) => [what, carrier, headers, options] as const),
    ),
  )(
    'because of %s fail their request at once over %s, from an object and from a function',
    async (_, __, headers, options) => {
      const server = await startServer();
      let works = true;
      const seen = await connect(server, {
        options: { ...options, headers: () => (works ? {} : headers) as Record<string, string> },
      });
      works = false;
      seen.link.send([call(1)]);
      const object = new Observed(server.url, { options: { ...options, headers: headers as Record<string, string> } });
      object.link.send([initialize]);
      for (const { failure, refused } of [await seen.failed(1), await object.failed(0)]) {
        expect(failure).toMatchObject({ kind: 'config', code: 'invalid_header', executed: 'no', retryable: false });
        expect(failure.message).not.toMatch(/secret|12345678/);
        expect(causeOf(failure)).toBeUndefined();
        expect(refused).toBe(false);
      }
      expect(seen.saw('suspected')).toBe(false);
      works = true;
      seen.link.send([call(2)]);
      expect(await seen.text(2)).toBe('call 2');
    },
  );
});

describe('headers that take their time', () => {
  /** The header function, and how to let each of its answers come. */
  const gates = (): {
    headers: () => Promise<Record<string, string>>;
    open: (() => void)[];
    shut: (shut: boolean) => void;
  } => {
    const open: (() => void)[] = [];
    let closed = false;
    const headers = (): Promise<Record<string, string>> =>
      new Promise((resolve) => {
        const answer = (): void => {
          resolve({ 'x-n': String(open.indexOf(answer)) });
        };
        if (closed) open.push(answer);
        else resolve({});
      });
    return {
      headers,
      open,
      shut: (shut) => {
        closed = shut;
      },
    };
  };

  it('do not reorder two sends, and each goes out with its own', async () => {
    const server = await startServer({ stream: false });
    const { headers, open, shut } = gates();
    const seen = await connect(server, { options: { headers }, limits: { connections: 3 } });
    shut(true);
    for (const id of [1, 2, 3]) seen.link.send([call(id)]);
    expect(open).toHaveLength(3);
    for (const i of [2, 1, 0]) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(server.count('tools/call')).toBe(0);
      open[i]?.();
    }
    for (const id of [1, 2, 3]) await seen.answer(id);
    const calls = server.visits.filter(({ message }) => message.method === 'tools/call');
    expect(calls.map(({ message, headers: sent }) => [message.id, sent['x-n']])).toEqual([
      [1, '0'],
      [2, '1'],
      [3, '2'],
    ]);
  });

  it('hold up what is sent behind them for 30 s at the most', async () => {
    const server = await startServer({ stream: false });
    const { headers, shut } = gates();
    const clock = new ManualClock();
    const seen = await connect(server, { clock, options: { headers } });
    shut(true);
    seen.link.send([notification('notifications/roots/list_changed')]);
    shut(false);
    seen.link.send([call(1)]);
    await clock.armed(30_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.count('tools/call')).toBe(0);
    clock.advance(30_000);
    expect(await seen.text(1)).toBe('call 1');
    seen.link.kill();
    expect(clock.delays).toEqual([]);
  });
});

describe('Retry-After', () => {
  const date = 'Thu, 20 Nov 2025 10:00:00 GMT';
  it.each([
    ['a number of seconds', { 'retry-after': '120' }, 120_000],
    ['a date, by the clock of the server', { 'retry-after': 'Thu, 20 Nov 2025 10:00:30 GMT', date }, 30_000],
    ['a date in the past', { 'retry-after': 'Thu, 20 Nov 2025 09:00:00 GMT', date }, 0],
    ['a negative number', { 'retry-after': '-5' }, 0],
    ['more than a timer holds', { 'retry-after': '1000000000' }, 2 ** 31 - 1],
    ['nonsense', { 'retry-after': 'soon', date }, undefined],
    ['nothing', {}, undefined],
  ])('may be %s', (_, headers, expected) => {
    expect(retryAfter(headers)).toBe(expected);
  });
});
