/** A server of the SDK that lets in whom the authorization server vouches for: its own middleware, and its own metadata. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { Request, RequestHandler, Response } from 'express';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { SCOPES, type AuthorizationServer } from './authorization-server.js';

export interface ProtectedServer {
  readonly url: string;
  /** Of every request that was let in or turned away, in order of arrival. */
  readonly statuses: readonly { readonly method: string; readonly status: number }[];
}

/** It ends with the test. */
export async function protectedServer(authority: AuthorizationServer): Promise<ProtectedServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`;
  const resourceServerUrl = new URL(url);
  const found = await fetch(`${authority.issuer}/.well-known/openid-configuration`);
  const oauthMetadata = (await found.json()) as OAuthMetadata;
  const statuses: { method: string; status: number }[] = [];
  const app = createMcpExpressApp();
  app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl, scopesSupported: ['mcp:read'] }));
  const sessions = new Sessions();
  app.all(
    '/mcp',
    (request, response, next) => {
      response.on('finish', () => statuses.push({ method: methodOf(request), status: response.statusCode }));
      next();
    },
    ...guards(authority, resourceServerUrl),
    (request, response) => sessions.serve(request, response),
  );
  server.on('request', app);
  return { url, statuses };
}

/** To read is enough for all of it, but for the tool that writes. */
function guards(authority: AuthorizationServer, resource: URL): RequestHandler[] {
  const shared = {
    verifier: { verifyAccessToken: (token: string) => vouchedFor(authority, token) },
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
    expectedResource: resource,
  };
  const reader = requireBearerAuth({ ...shared, requiredScopes: ['mcp:read'] });
  const writer = requireBearerAuth({ ...shared, requiredScopes: SCOPES });
  return [(request, response, next) => (isWriting(request) ? writer : reader)(request, response, next)];
}

async function vouchedFor(authority: AuthorizationServer, token: string): Promise<AuthInfo> {
  const said = await authority.introspect(token);
  if (!said.active) throw new InvalidTokenError('The token is not good any more');
  return {
    token,
    clientId: said.client_id ?? '',
    scopes: (said.scope ?? '').split(' '),
    ...(said.exp === undefined ? {} : { expiresAt: said.exp }),
    ...(typeof said.aud === 'string' ? { resource: new URL(said.aud) } : {}),
    extra: { sub: said.sub },
  };
}

class Sessions {
  readonly #transports = new Map<string, StreamableHTTPServerTransport>();

  async serve(request: Request, response: Response): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const transport = typeof id === 'string' ? this.#transports.get(id) : await this.#begin();
    if (transport === undefined) response.writeHead(404).end();
    else await transport.handleRequest(request, response, request.body);
  }

  async #begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#transports.set(id, transport),
      onsessionclosed: (id) => void this.#transports.delete(id),
    });
    await tools().connect(transport);
    return transport;
  }
}

function tools(): McpServer {
  const server = new McpServer({ name: 'protected', version: '1.0.0' });
  const text = (said: string): { content: { type: 'text'; text: string }[] } => ({
    content: [{ type: 'text', text: said }],
  });
  server.registerTool('whoami', {}, ({ authInfo }) => text(userOf(authInfo)));
  server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => text(String(a + b)));
  server.registerTool('write', {}, ({ authInfo }) => text((authInfo?.scopes ?? []).join(' ')));
  return server;
}

/** Of a client that comes for itself, the client. */
const userOf = (info: AuthInfo | undefined): string =>
  z.string().safeParse(info?.extra?.['sub']).data ?? info?.clientId ?? 'nobody';

const message = z.object({ method: z.string(), params: z.object({ name: z.string().optional() }).optional() });

const isWriting = ({ body }: Request): boolean => {
  const { data } = message.safeParse(body);
  return data?.method === 'tools/call' && data.params?.name === 'write';
};

const methodOf = ({ method = '', body }: Request): string => message.safeParse(body).data?.method ?? method;
