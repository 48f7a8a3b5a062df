/** Of two packages without types of their own, what is used here. */

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  /** A request on its way through the authorization server. */
  export interface Context {
    readonly oidc: { readonly params?: Readonly<Record<string, unknown>> };
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    on(
      event: 'grant.success' | 'grant.error' | 'registration_create.success' | 'authorization.success',
      listener: (context: Context, more: unknown) => void,
    ): this;
    readonly AccessToken: { find(token: string): Promise<{ destroy(): Promise<void> } | undefined> };
  }
  export default Provider;
}

declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
  import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';

  export interface Request extends IncomingMessage {
    readonly body: unknown;
    auth?: AuthInfo;
  }
  export type Response = ServerResponse;
  export type RequestHandler = (request: Request, response: Response, next: () => void) => unknown;
  namespace express {
    type Router = RequestHandler;
  }
  export default express;
  export interface Express extends RequestListener {
    use(...handlers: readonly RequestHandler[]): this;
    all(path: string, ...handlers: readonly RequestHandler[]): this;
  }
}
