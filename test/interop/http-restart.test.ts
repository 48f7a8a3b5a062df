/**
 * A server that is restarted under a hundred calls: each call settles once, with its result or with what
 * happened to it; what may have been executed is not made again by itself; and the client is ready again.
 */
import { describe, expect, it } from 'vitest';
import { McpActorError } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { event, type Fault } from '../support/http-faults.js';
import type { HttpServer } from '../support/http-server.js';
import { textOf } from '../support/results.js';

const CALLS = 100;

/** How a server that is about to die treats a call. */
type Begins = 'holds it' | 'has begun a stream' | 'has begun a stream that could be gone on with';

const progress = (visit: Parameters<Fault>[0]): string => {
  const { progressToken } = visit.message.params?.['_meta'] as { progressToken?: unknown };
  return event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
};

const beginnings: Readonly<Record<Begins, Fault>> = {
  'holds it': () => undefined,
  'has begun a stream': (visit) => {
    visit.response.writeHead(200, { 'content-type': 'text/event-stream' }).write(progress(visit));
  },
  'has begun a stream that could be gone on with': (visit) => {
    visit.response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .write(`retry: 100\nid: 1\n${progress(visit)}`);
  },
};

/** What it has executed, by the text of the call; it knows the session, or it would not. */
function counting(server: HttpServer, executions: Map<string, number>, treat: Fault): Fault {
  return (visit) => {
    if (server.sessions.has(String(visit.headers['mcp-session-id']))) {
      const { text } = visit.message.params?.['arguments'] as { text: string };
      executions.set(text, (executions.get(text) ?? 0) + 1);
      treat(visit);
    } else visit.behave();
  };
}

/** All connections break, and the sessions are forgotten; `down`: it is not there for a while. */
async function restart(server: HttpServer, down: boolean): Promise<void> {
  if (down) server.refuse();
  server.forget();
  server.breakConnections();
  if (!down) return;
  await server.quiet();
  await new Promise((back) => setTimeout(back, 300));
  await server.relent();
}

/** The code of an error and of everything behind it. */
const codes = (error: unknown): string[] => {
  const found: string[] = [];
  for (let at = error; typeof at === 'object' && at !== null; at = 'cause' in at ? at.cause : null) {
    if ('code' in at) found.push(String(at.code));
    if ('status' in at) found.push(`http_${String(at.status)}`);
  }
  return found;
};

const ROOTS = /ECONNRESET|ECONNREFUSED|socket_closed|EPIPE|http_404|http_400/;

describe.each([404, 400] as const)('a server that answers %i to a session that it does not know', (unknownSession) => {
  describe.each(Object.entries(beginnings))('and %s', (_, treat) => {
    it.each([
      ['and is back at once', false],
      ['and is away for a moment', true],
    ])('is restarted under a hundred calls %s [row 40]', async (_name, down) => {
      const { client, server } = await httpClient({ unknownSession }, { drain: 500, reconnect: { initialDelay: 20 } });
      const lease = await client.connect();
      const executions = new Map<string, number>();
      server.always('tools/call', counting(server, executions, treat));
      let settlements = 0;
      const calls = Array.from({ length: CALLS }, async (__, n) => {
        try {
          return await lease.callTool('echo', { text: `call ${String(n)}` }, { onProgress: () => undefined });
        } finally {
          settlements += 1;
        }
      });
      const settled = Promise.allSettled(calls);
      // As many as there are sockets for.
      await server.until(() => executions.size >= 50);
      server.always(
        'tools/call',
        counting(server, executions, ({ behave }) => {
          behave();
        }),
      );
      await restart(server, down);
      const outcomes = await settled;

      expect(settlements).toBe(CALLS);
      for (const [n, outcome] of outcomes.entries()) {
        const times = executions.get(`call ${String(n)}`) ?? 0;
        if (outcome.status === 'fulfilled') {
          expect(times).toBe(1);
          continue;
        }
        const error = outcome.reason as McpActorError;
        expect(error).toBeInstanceOf(McpActorError);
        expect(codes(error).join()).toMatch(ROOTS);
        expect(times).toBeLessThanOrEqual(error.executed === 'no' ? 0 : 1);
      }
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
      expect(await textOf(lease, 'echo', { text: 'next' })).toBe('next');
      expect(client.state).toMatch(/^ready/);
      expect(client.inFlight).toEqual([]);
      // However often it knocked in vain, it began one new session.
      expect(server.count('initialize')).toBe(2);
      expect(server.sessions.size).toBe(1);
      expect(lease.active).toBe(true);
    });
  });
});
