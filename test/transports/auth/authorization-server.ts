/**
 * A small authorization server, and the metadata of the MCP server that it protects, on 127.0.0.1: it asks
 * nobody, and does what it is told. Refresh tokens rotate, and one that is used twice revokes them all.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Json = Readonly<Record<string, unknown>>;
export type Answer = (url: URL, response: ServerResponse, body: URLSearchParams) => unknown;

interface Code {
  readonly challenge: string;
  readonly scope: string;
  readonly redirect: string;
}

export class AuthorizationServer {
  readonly #server: Server;
  readonly #codes = new Map<string, Code>();
  readonly #refresh = new Map<string, string>();
  readonly #used = new Set<string>();
  /** Of every request: method and path. */
  readonly visits: string[] = [];
  /** What was posted to the token endpoint. */
  readonly forms: URLSearchParams[] = [];
  /** How it was asked who it is. */
  readonly authorizations: (string | undefined)[] = [];
  readonly registrations: Json[] = [];
  readonly logins: URL[] = [];
  /** By path: takes the place of what would be answered. */
  readonly routes = new Map<string, Answer>();
  /** Over what it says of itself. */
  metadata: Json = {};
  resource: Json = {};
  lifetime: number | undefined = 3_600;
  isRotating = true;
  /** Set by a refresh token that was used twice. */
  wasReused = false;
  tokens: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<AuthorizationServer> {
    const server = new AuthorizationServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    onTestFinished(() => {
      server.#server.close();
      server.#server.closeAllConnections();
    });
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Of the MCP server. */
  get url(): URL {
    return new URL('/mcp', this.origin);
  }

  count(visit: string): number {
    return this.visits.filter((each) => each === visit).length;
  }

  grants(type: string): URLSearchParams[] {
    return this.forms.filter((form) => form.get('grant_type') === type);
  }

  json(response: ServerResponse, status: number, value: unknown): void {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  }

  issue(scope: string | null): Json {
    const [access, refresh] = [`access-${randomUUID()}`, `refresh-${randomUUID()}`];
    this.tokens.push(access);
    this.#refresh.set(refresh, scope ?? '');
    return {
      access_token: access,
      token_type: 'Bearer',
      refresh_token: refresh,
      ...(this.lifetime !== undefined && { expires_in: this.lifetime }),
      ...(scope !== null && { scope }),
    };
  }

  revoke(): void {
    this.#refresh.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    this.visits.push(`${String(request.method)} ${url.pathname}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const route = this.routes.get(url.pathname);
    if (url.pathname === '/token') {
      this.forms.push(new URLSearchParams(text));
      this.authorizations.push(request.headers.authorization);
    }
    if (route !== undefined) {
      await route(url, response, new URLSearchParams(text));
      return;
    }
    switch (url.pathname) {
      case '/.well-known/oauth-protected-resource/mcp':
        this.json(response, 200, { resource: this.url.href, authorization_servers: [this.origin], ...this.resource });
        return;
      case '/.well-known/oauth-authorization-server':
        this.json(response, 200, { ...this.#metadata(), ...this.metadata });
        return;
      case '/register':
        this.registrations.push(JSON.parse(text) as Json);
        this.json(response, 201, { ...JSON.parse(text), client_id: `client-${String(this.registrations.length)}` });
        return;
      case '/authorize':
        this.#authorize(url, response);
        return;
      case '/token':
        this.#token(new URLSearchParams(text), response);
        return;
      default:
        response.writeHead(404).end();
    }
  }

  #metadata(): Json {
    return {
      issuer: this.origin,
      authorization_endpoint: `${this.origin}/authorize`,
      token_endpoint: `${this.origin}/token`,
      registration_endpoint: `${this.origin}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
    };
  }

  #authorize(url: URL, response: ServerResponse): void {
    this.logins.push(url);
    const given = url.searchParams;
    const code = `code-${randomUUID()}`;
    const redirect = new URL(given.get('redirect_uri') ?? '');
    this.#codes.set(code, {
      challenge: given.get('code_challenge') ?? '',
      scope: given.get('scope') ?? '',
      redirect: redirect.href,
    });
    redirect.searchParams.set('code', code);
    redirect.searchParams.set('state', given.get('state') ?? '');
    response.writeHead(302, { Location: redirect.href }).end();
  }

  #token(form: URLSearchParams, response: ServerResponse): void {
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const code = this.#codes.get(form.get('code') ?? '');
        this.#codes.delete(form.get('code') ?? '');
        const proof = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        const isGood = code?.challenge === proof && code.redirect === form.get('redirect_uri');
        if (isGood) this.json(response, 200, this.issue(code.scope));
        else this.json(response, 400, { error: 'invalid_grant' });
        return;
      }
      case 'refresh_token':
        this.#refreshed(form.get('refresh_token') ?? '', response);
        return;
      default:
        this.json(response, 200, { ...this.issue(form.get('scope')), refresh_token: undefined });
    }
  }

  #refreshed(token: string, response: ServerResponse): void {
    const scope = this.#refresh.get(token);
    if (this.#used.has(token)) {
      this.wasReused = true;
      this.#refresh.clear();
    }
    if (scope === undefined || this.wasReused) {
      this.json(response, 400, { error: 'invalid_grant', error_description: `what is ${token}` });
      return;
    }
    if (this.isRotating) {
      this.#refresh.delete(token);
      this.#used.add(token);
    }
    const issued = this.issue(scope);
    this.json(response, 200, this.isRotating ? issued : { ...issued, refresh_token: undefined });
  }
}
