/** Row 31: results that are odd, and the typed result, or the typed error, that comes of each. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConnectionError,
  InvalidResponseError,
  McpActorError,
  RequestTimeoutError,
  ToolError,
  type Lease,
} from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { faults } from '../support/http-faults.js';
import { processClient } from '../support/processes.js';

const answer = (result: string): string => `{"jsonrpc":"2.0","id":%id%,"result":${result}}\n`;

/** A server process that answers with these bytes. */
async function answering(): Promise<{
  lease: Lease;
  say: (result: string, options?: Parameters<Lease['callTool']>[2]) => ReturnType<Lease['callTool']>;
}> {
  const { client } = processClient();
  const lease = await client.connect();
  return { lease, say: (result, options) => lease.callTool('say', { raw: answer(result) }, options) };
}

describe('a result that reports an error', () => {
  it('is a ToolError with the whole result, or that result with throwOnError: false and in raw (row 31)', async () => {
    const { lease, say } = await answering();
    const result = '{"isError":true,"content":[{"type":"text","text":"disk full"}],"structuredContent":{"code":28}}';
    const error: unknown = await say(result).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({ message: 'disk full', result: { structuredContent: { code: 28 } } });
    expect(await say(result, { throwOnError: false })).toMatchObject({
      isError: true,
      structuredContent: { code: 28 },
      data: undefined,
    });
    expect(await lease.raw.callTool('say', { raw: answer(result) })).toMatchObject({ isError: true });
  });

  it.each([
    ['without content', '{"isError":true}'],
    ['with a picture first', '{"isError":true,"content":[{"type":"image","data":"","mimeType":"image/png"}]}'],
  ])('%s is a ToolError that names the tool (row 31)', async (_, result) => {
    const { say } = await answering();
    const call = say(result);
    await expect(call).rejects.toBeInstanceOf(ToolError);
    await expect(call).rejects.toThrow('tool "say" returned an error');
  });

  it('says so with true, and with nothing else: any other value is a wrong shape (row 31)', async () => {
    const { say } = await answering();
    expect(await say('{"isError":false,"content":[]}')).toMatchObject({ isError: false });
    for (const value of ['"true"', '1', 'null', '{}']) {
      await expect(say(`{"isError":${value},"content":[]}`)).rejects.toBeInstanceOf(InvalidResponseError);
    }
  });
});

describe('a result without what was promised', () => {
  it('lacks structuredContent: data is undefined, and a schema for it is not met (row 31)', async () => {
    const { say } = await answering();
    const result = await say('{"content":[{"type":"text","text":"42"}]}');
    expect(result).toMatchObject({ isError: false, structuredContent: undefined, data: undefined });
    const call = say('{"content":[]}', { output: z.object({ sum: z.number() }) });
    await expect(call).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(call).rejects.toMatchObject({ executed: 'maybe' });
  });

  it('has structuredContent that is no object: a wrong shape, of that call alone, unless it is null (row 31)', async () => {
    const { lease, say } = await answering();
    expect(await say('{"content":[],"structuredContent":null}')).toMatchObject({ structuredContent: undefined });
    for (const value of ['[1]', '"text"', '7']) {
      await expect(say(`{"content":[],"structuredContent":${value}}`)).rejects.toBeInstanceOf(InvalidResponseError);
    }
    await lease.ping();
    expect(lease.generation).toBe(1);
  });

  it('says that it was wrapped, and has nothing inside: data is undefined (row 31)', async () => {
    const { say } = await answering();
    const result = '{"content":[],"structuredContent":{},"_meta":{"fastmcp":{"wrap_result":true}}}';
    expect(await say(result)).toMatchObject({ data: undefined, isError: false });
  });
});

describe('numbers that are hardly numbers', () => {
  it('in a result come as JSON reads them, and a schema says no to those that are not finite (row 31)', async () => {
    const { say } = await answering();
    const result =
      '{"content":[],"structuredContent":{"big":1e400,"small":-1e400,"zero":-0,"long":12345678901234567890}}';
    const { data } = await say(result);
    expect(data).toEqual({ big: Infinity, small: -Infinity, zero: -0, long: 12345678901234567000 });
    await expect(say(result, { output: z.object({ big: z.number() }) })).rejects.toBeInstanceOf(InvalidResponseError);
  });

  it.each(['NaN', 'Infinity', '-Infinity', '01', '0x1', '.5', '1_000'])(
    'over HTTP, %s makes the answer no JSON: a ConnectionError at once, and the session lives (row 31)',
    async (number) => {
      const { client, server } = await httpClient();
      const lease = await client.connect();
      server.next('tools/call', ({ response, message }) => {
        const { id } = message;
        faults.json(`{"jsonrpc":"2.0","id":${String(id)},"result":{"content":[],"structuredContent":{"x":${number}}}}`)(
          {
            response,
          } as Parameters<ReturnType<typeof faults.json>>[0],
        );
      });
      const call = lease.callTool('echo');
      await expect(call).rejects.toBeInstanceOf(ConnectionError);
      await expect(call).rejects.toMatchObject({ executed: 'maybe' });
      await lease.ping();
      expect(client.generation).toBe(1);
    },
  );

  it('from a process, NaN makes the line noise, which nobody can tell whose it was: the deadline holds (row 31)', async () => {
    const { lease, say } = await answering();
    const call = say('{"content":[],"structuredContent":{"x":NaN}}', { timeout: 200 });
    await expect(call).rejects.toBeInstanceOf(RequestTimeoutError);
    await lease.ping();
    expect(lease.generation).toBe(1);
  });

  it("as ids are nobody's, and as error codes a wrong shape: nothing is settled by them but what they are for (row 31)", async () => {
    const { lease } = await answering();
    const strays = ['1e400', '1.5', '-1', '9007199254740993', '1e-400', 'true', '[%id%]']
      .map((id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n`)
      .join('');
    const ok = answer('{"content":[{"type":"text","text":"ok"}]}');
    expect(await lease.callTool('say', { raw: strays + ok })).toMatchObject({ content: [{ text: 'ok' }] });
    for (const code of ['1e400', '1.5', '"1"', 'null']) {
      const raw = `{"jsonrpc":"2.0","id":%id%,"error":{"code":${code},"message":"no"}}\n`;
      await expect(lease.callTool('say', { raw })).rejects.toBeInstanceOf(InvalidResponseError);
    }
    // 1.0 and 10e-1 are 1 to JSON: an id that is written so is ours.
    const raw = '{"jsonrpc":"2.0","id":%id%.0,"result":{"content":[]}}\n';
    expect(await lease.callTool('say', { raw })).toMatchObject({ isError: false });
  });

  it('in an error come with it (row 31)', async () => {
    const { lease } = await answering();
    const raw = '{"jsonrpc":"2.0","id":%id%,"error":{"code":-9007199254740991,"message":"","data":{"x":1e400}}}\n';
    const error: unknown = await lease.callTool('say', { raw }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(McpActorError);
    expect(error).toMatchObject({ name: 'McpError', code: -9007199254740991, data: { x: Infinity } });
  });
});

describe('content of a kind that nobody knows', () => {
  it('is a wrong shape that says where, for that call alone (row 31)', async () => {
    const { lease, say } = await answering();
    for (const content of ['[{"type":"hologram"}]', '[null]', '"text"', '{"0":{"type":"text","text":"x"}}']) {
      const call = say(`{"content":${content}}`);
      await expect(call).rejects.toBeInstanceOf(InvalidResponseError);
      await expect(call).rejects.toThrow('content');
    }
    await lease.ping();
    expect(lease.generation).toBe(1);
  });
});
