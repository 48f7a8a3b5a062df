import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Client } from '../../src/index.js';
import { record, replayRun } from '../../src/inspector/index.js';
import { toText } from '../../src/inspector/report/text.js';
import { settle, virtualClient } from '../support/virtual-client.js';

const SECRET = 'hunter2-sentinel';
const folder = mkdtempSync(join(tmpdir(), 'mcp-actor-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

it('nothing that a caller, a server or a system may hold for itself is in a recording', async () => {
  const file = join(folder, 'run.jsonl');
  const recording = record(file);
  const { client, server, clock } = virtualClient({
    inspect: recording,
    clientInfo: { name: SECRET, version: SECRET },
    messageHandler: () => undefined,
    reconnect: { attempts: 3, initialDelay: 10 },
  });
  server.script = ({ id, method, params }, connection) => {
    if (method === 'initialize') {
      connection.reply(Number(id), {
        protocolVersion: '2025-11-25',
        capabilities: { experimental: { [SECRET]: {} } },
        serverInfo: { name: SECRET, version: SECRET },
        instructions: SECRET,
      });
      return true;
    }
    if (params?.name === 'hang') return true;
    if (params?.name === 'refuse') {
      connection.push({ id, error: { code: -32_000, message: SECRET, data: { secret: SECRET } } });
      return true;
    }
    if (params?.name === 'misshape') {
      connection.push({ id, result: SECRET });
      return true;
    }
    if (method === 'tools/call') {
      connection.push(
        { id: SECRET, method: 'sampling/createMessage', params: { secret: SECRET } },
        { id: 3, method: `${SECRET} ${SECRET}`, params: { secret: SECRET } },
        { method: 'notifications/cancelled', params: { requestId: SECRET, reason: SECRET } },
        { method: 'notifications/message', params: { data: SECRET } },
        { method: `notifications with ${SECRET}`, params: {} },
        { method: 'notifications/progress', params: { progressToken: id, progress: 1, message: SECRET } },
        { id, result: { content: [{ type: 'text', text: SECRET }], structuredContent: { secret: SECRET } } },
      );
      return true;
    }
    return false;
  };

  const lease = await client.connect({ label: SECRET });
  await lease.callTool('take', { password: SECRET }, { meta: { secret: SECRET } });
  await quietly(lease.callTool(SECRET, { [SECRET]: SECRET }));
  await quietly(lease.callTool('refuse'));
  await quietly(lease.callTool('misshape'));
  const abort = new AbortController();
  const aborted = quietly(lease.callTool('hang', {}, { signal: abort.signal }));
  await settle();
  abort.abort(SECRET);
  await aborted;
  const lost = quietly(lease.callTool('hang'));
  await settle();
  server.last.onerror?.(Object.assign(new Error(`token ${SECRET} is not valid`), { code: SECRET }));
  server.onStart = () => Promise.reject(new Error(SECRET, { cause: new Error(SECRET) }));
  server.last.onclose?.();
  await lost;
  await clock.advance(60_000);
  await client.close();

  const child = new Client(
    {
      command: process.execPath,
      args: ['-e', `console.error('${SECRET}'); process.exit(3)`, SECRET],
      env: { TOKEN: SECRET },
    },
    { name: 'child', inspect: recording, reconnect: false },
  );
  await quietly(child.connect());
  const http = new Client(`http://127.0.0.1:1/mcp?key=${SECRET}`, {
    name: 'http',
    inspect: recording,
    reconnect: false,
    headers: { authorization: `Bearer ${SECRET}` },
  });
  await quietly(http.connect());
  await recording.close();

  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain('hunter2');
  const replay = await replayRun(file);
  expect(replay.agrees).toBe(true);
  expect(replay.runs.map(({ name }) => name)).toEqual(['test', 'child', 'http']);
  // It is not that nothing was recorded: what is meant to be there is.
  expect(toText(replay, 'run', true)).toMatch(/session\.lost/);
  expect(text).toMatch(/"kind":"request","id":"#[0-9a-f]{16}","method":"sampling\/createMessage"/);
  expect(text).toContain('"method":"(unprintable)"');
  expect(text).toContain('{"kind":"error","id":4,"code":-32000}');
}, 30_000);
