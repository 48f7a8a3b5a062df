/**
 * Bad inputs from a real server process: rows 2, 3, 7 to 15, 20, 21 and 25. Rows 4, 5, 6, 16 and 19 are
 * in pipes.test.ts, 17 and 18 in close.test.ts. Where the row and "what kills what" differ, the table
 * wins: the expected result is its row, quoted beside each test.
 */
import { describe, expect, it } from 'vitest';
import {
  Client,
  ConnectionError,
  InvalidResponseError,
  RequestTimeoutError,
  SessionLostError,
  UnsupportedError,
} from '../../src/index.js';
import { processClient, seenBy } from '../support/processes.js';
import { textOf } from '../support/results.js';

const text = (value: string): object => ({ content: [{ type: 'text', text: value }] });
const answer = (body: object): string => `{"jsonrpc":"2.0","id":%id%,${JSON.stringify(body).slice(1)}\n`;
const ok = answer({ result: text('ok') });

describe('bad inputs', () => {
  it('row 2: a byte order mark before the first message is stripped', async () => {
    const { client } = processClient(['--first=\uFEFF']);
    const lease = await client.connect();
    expect(await textOf(lease, 'echo', { text: 'ok' })).toBe('ok');
  });

  it('row 3: CRLF, characters cut in the middle, and a drip of single bytes parse as usual', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const said = '€ 𝒳 ﷽ \u2028 naïve';
    const raw = answer({ result: text(said) });
    expect(await textOf(lease, 'say', { raw: raw.replace('\n', '\r\n') })).toBe(said);
    expect(await textOf(lease, 'say', { raw, size: 1 })).toBe(said);
    expect(await textOf(lease, 'say', { raw, size: 3 })).toBe(said);
  });

  it('row 7: a result nested 200,000 deep fails that call alone', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const beside = textOf(lease, 'echo', { text: 'beside' });
    const call = lease.callTool('deep', { levels: 200_000 });
    // Expected: a live id and a wrong shape: InvalidResponseError at once; beside live; session lives.
    await expect(call).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(call).rejects.toMatchObject({ message: expect.stringContaining('deeper than 128') as string });
    expect(await beside).toBe('beside');
    expect(client.generation).toBe(1);
  });

  it('row 8: null, [], 42, other values and blank lines are ignored', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const noise = [
      'null',
      '[]',
      '42',
      '"text"',
      'true',
      '',
      '  ',
      '{}',
      '[null, 42, []]',
      '{"jsonrpc":"1.0","id":%id%,"result":{}}',
    ];
    expect(await textOf(lease, 'say', { raw: `${noise.join('\n')}\n${ok}` })).toBe('ok');
    expect(client.generation).toBe(1);
  });

  it('row 8: the members of a batch are taken one by one', async () => {
    // The row wants a batch to be fatal where the revision has none. The table has no such loss, and
    // 2025-03-26 has batches, so what can be used is used.
    const told: string[] = [];
    const { client } = processClient([], { messageHandler: ({ method }) => told.push(method) });
    const lease = await client.connect();
    const raw = `[{"jsonrpc":"2.0","method":"notifications/one"},null,${ok.trim()}]\n`;
    expect(await textOf(lease, 'say', { raw })).toBe('ok');
    expect(told).toEqual(['notifications/one']);
  });

  it.each([
    ['an error whose code is no integer', { error: { code: 1.5, message: 'x' } }],
    ['an error that is a text', { error: 'x' }],
    ['both a result and an error', { result: text('x'), error: { code: 1, message: 'x' } }],
    ['neither', {}],
    ['a result that is no object', { result: 42 }],
    ['a result that is null', { result: null }],
    ['a result whose content is no list', { result: { content: 'x' } }],
  ])('row 9: a reply with the right id and %s fails that call at once', async (_what, body) => {
    const { client } = processClient();
    const lease = await client.connect();
    const beside = textOf(lease, 'echo', { text: 'beside' });
    const raw = JSON.stringify({ jsonrpc: '2.0', id: 0, ...body }).replace('"id":0', '"id":%id%');
    // Expected: InvalidResponseError at once; beside live; the session lives.
    await expect(lease.callTool('say', { raw: `${raw}\n` })).rejects.toMatchObject({
      name: 'InvalidResponseError',
      executed: 'maybe',
    });
    expect(await beside).toBe('beside');
    expect(client.generation).toBe(1);
  });

  it('row 10: a second answer, one for an unknown id and one after a cancel change nothing', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const started: number[] = [];
    const late = lease.callTool('hang', {}, { timeout: 100, onStart: ({ requestId }) => started.push(requestId) });
    await expect(late).rejects.toBeInstanceOf(RequestTimeoutError);
    const [id] = started;
    const answerOf = (of: unknown): string => `{"jsonrpc":"2.0","id":${String(of)},"result":{"content":[]}}\n`;
    const raw = `${answerOf(id)}${answerOf(4_711)}${answerOf('null')}${ok}${ok.replace('ok', 'again')}`;
    expect(await textOf(lease, 'say', { raw })).toBe('ok');
    await lease.ping();
    expect(client.inFlight).toEqual([]);
  });

  it('row 11: an answer for "1" is none for 1', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const raw = `{"jsonrpc":"2.0","id":"%id%","result":{"content":[]}}\n${ok}`;
    expect(await textOf(lease, 'say', { raw })).toBe('ok');
    const only = `{"jsonrpc":"2.0","id":"%id%","result":{"content":[]}}\n`;
    // Expected: ignored, so the call has its deadline like any other that is not answered.
    await expect(lease.callTool('say', { raw: only }, { timeout: 200 })).rejects.toBeInstanceOf(RequestTimeoutError);
  });

  it('row 12: __proto__ and constructor, wherever they come up, poison nothing', async () => {
    const { client } = processClient(['--tools=__proto__,constructor,toString']);
    const lease = await client.connect();
    const evil = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';
    const raw = [
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"__proto__","progress":1,${evil}}}`,
      `{"jsonrpc":"2.0","id":"__proto__","result":{${evil}}}`,
      `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"__proto__",${evil}}}`,
      `{"jsonrpc":"2.0","id":"__proto__","method":"constructor","params":{${evil}}}`,
      `{"jsonrpc":"2.0","id":%id%,"result":{"content":[],"structuredContent":{${evil}},"_meta":{${evil}},${evil}}}`,
    ].join('\n');
    const result = await lease.callTool('say', { raw: `${raw}\n` });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(result.structuredContent)).toBe(Object.prototype);
    expect((await lease.listTools()).map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(await textOf(lease, '__proto__', { text: 'called' })).toBe('called');
    expect((await seenBy(lease))['response']).toBe(1);
  });

  it.each(['roots/list', 'sampling/createMessage', 'elicitation/create', 'tools/list', '__proto__'])(
    'row 13: the request %s, which we never declared, is answered with -32601',
    async (method) => {
      const { client } = processClient();
      const lease = await client.connect();
      const { structuredContent } = await lease.callTool('ask', { method });
      expect(structuredContent).toMatchObject({ error: { code: -32_601 } });
    },
  );

  it('row 13: a ping is answered, whatever its id is', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    for (const id of ['text', '', 0, -1, 1.5]) {
      expect((await lease.callTool('ask', { method: 'ping', id })).structuredContent).toEqual({ result: {} });
    }
  });

  it('row 14: a server that closes its stdout and stays is lost, and is gone before the next one starts', async () => {
    const { client, running } = processClient();
    const lease = await client.connect();
    const before = Number(await textOf(lease, 'pid'));
    const beside = lease.callTool('hang');
    const call = lease.callTool('close-stdout');
    // Expected: stdout closed: SessionLostError, maybe, for both; queued: next generation.
    for (const outcome of await Promise.allSettled([call, beside])) {
      expect(outcome).toMatchObject({ reason: { name: 'SessionLostError', code: 'stdout_closed', executed: 'maybe' } });
    }
    expect(Number(await textOf(lease, 'pid'))).not.toBe(before);
    expect(running()).not.toContain(before);
  });

  it.each([
    ['exits with another code than 0', { code: 17, stderr: 'Traceback: boom' }, { exitCode: 17, signal: null }],
    ['exits with 0', { code: 0, stderr: 'bye' }, { exitCode: 0, signal: null }],
    ['is killed', { signal: 'SIGKILL', stderr: 'out of memory' }, { exitCode: null, signal: 'SIGKILL' }],
  ])('row 15: a server that %s says so in the cause, with the end of its stderr', async (_how, args, cause) => {
    const { client } = processClient();
    const lease = await client.connect();
    const call = lease.callTool('exit', args);
    // Expected: exit: SessionLostError, maybe; code, signal and stderr tail in the cause (I10).
    await expect(call).rejects.toBeInstanceOf(SessionLostError);
    await expect(call).rejects.toMatchObject({ executed: 'maybe', cause: { ...cause, stderr: `${args.stderr}\n` } });
  });

  it('row 20: a server that never answers the handshake is given up, with the end of its stderr as the cause [3.5.5]', async () => {
    const mute = ['-e', "console.error('waiting for a licence key'); process.stdin.resume()"];
    const client = new Client({ command: process.execPath, args: mute }, { initTimeout: 1_000 });
    const attempt = client.connect();
    await expect(attempt).rejects.toBeInstanceOf(ConnectionError);
    await expect(attempt).rejects.toMatchObject({
      code: 'init_timeout',
      executed: 'no',
      cause: { exitCode: null, signal: null, stderr: 'waiting for a licence key\n' },
    });
    await expect(attempt).rejects.toThrow(/did not answer the handshake.*the end of its stderr is in the cause/);
  });

  it('row 21: a protocol version that nobody here speaks is UnsupportedError, with both sides, and not tried again', async () => {
    const { client, running } = processClient(['--version=1999-01-01'], { reconnect: { initial: true } });
    const attempt = client.connect();
    await expect(attempt).rejects.toBeInstanceOf(UnsupportedError);
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported_version', retryable: false });
    await expect(attempt).rejects.toThrow(/1999-01-01.*2025-11-25/s);
    expect(client.generation).toBe(1);
    expect(running()).toEqual([]);
  });

  it('row 25: of tools with one name the first is listed, and onError is told', async () => {
    const complaints: string[] = [];
    const onError = (error: unknown): void => void complaints.push(String(error));
    const { client } = processClient(['--tools=one,two,one'], { onError });
    const lease = await client.connect();
    const tools = await lease.listTools();
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ['one', 'number 0'],
      ['two', 'number 1'],
    ]);
    expect(complaints).toEqual([expect.stringContaining('"one"')]);
    expect((await lease.raw.listTools()).tools).toHaveLength(3);
  });
});
