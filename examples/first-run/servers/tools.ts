/**
 * The three tools of server-everything that the agents use, on a server of our own. In memory it is
 * talked to as it is; `forgetful.ts` puts it on HTTP.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

const said = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

export function serverWithTools(): McpServer {
  const server = new McpServer({ name: 'first-run', version: '1.0.0' });

  server.registerTool('echo', { inputSchema: { message: z.string() } }, ({ message }) => said(`Echo: ${message}`));

  server.registerTool('get-sum', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => said(String(a + b)));

  server.registerTool(
    'trigger-long-running-operation',
    { inputSchema: { duration: z.number(), steps: z.number() } },
    async ({ duration, steps }, { _meta, sendNotification }) => {
      const progressToken = _meta?.progressToken;
      for (let progress = 1; progress <= steps; progress += 1) {
        await sleep((duration / steps) * 1_000);
        if (progressToken === undefined) continue;
        await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: steps } });
      }
      return said('done');
    },
  );

  return server;
}
