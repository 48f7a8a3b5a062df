/** What can go wrong with an HTTP answer, each as a function that answers so. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export interface JsonRpc {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** One HTTP request that arrived, and the means to answer it. */
export interface Visit {
  readonly verb: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: JsonRpc;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers as if there were no fault. */
  behave(): void;
}

export type Fault = (visit: Visit) => void;

/** A name of what arrived: the method of a JSON-RPC message, `response` for an answer to us, or GET, DELETE. */
export const nameOf = ({ verb, message }: Pick<Visit, 'verb' | 'message'>): string =>
  verb === 'POST' ? (message.method ?? 'response') : verb;

export const faults = {
  /** RST, before a byte of the answer. */
  reset: ({ request }: Visit): void => {
    request.socket.resetAndDestroy();
  },
  /** RST in the middle of a JSON answer. */
  resetInAnswer: ({ request, response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"jsonrpc":"2.0",', () => request.socket.resetAndDestroy());
  },
  /** The socket ends in the middle of a JSON answer. */
  cutBody: ({ request, response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"jsonrpc":"2.0",', () => request.socket.end());
  },
  /** A whole answer, as far as HTTP can tell, that is half a JSON text. */
  halfJson: ({ response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":');
  },
  html: ({ response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Welcome</html>');
  },
  accepted: ({ response }: Visit): void => {
    response.writeHead(202).end();
  },
  empty: ({ response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end();
  },
  /** An event stream that ends in good order, without the response. */
  streamEnds: ({ response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing to say\n\n');
  },
  /** An event stream whose socket is destroyed. */
  streamBreaks: ({ request, response }: Visit): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': a moment\n\n', () => request.socket.destroy());
  },
  hang: (): void => {},
  status:
    (status: number, headers: Record<string, string> = {}, body = ''): Fault =>
    ({ response }) => {
      response.writeHead(status, headers).end(body);
    },
  /** 401 for whoever does not show this token. */
  unlessBearer:
    (token: string): Fault =>
    ({ headers, response, behave }) => {
      if (headers.authorization === `Bearer ${token}`) behave();
      else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('who are you?');
    },
  /** 403 for whoever does not show this token, which is the one of these scopes. */
  unlessScope:
    (token: string, scope: string): Fault =>
    ({ headers, response, behave }) => {
      if (headers.authorization === `Bearer ${token}`) behave();
      else {
        const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
        response.writeHead(403, { 'www-authenticate': challenge }).end('not with this');
      }
    },
  /** A JSON-RPC error as the body of an HTTP error. */
  rpcError:
    (status: number, error: object, id?: unknown): Fault =>
    ({ response, message }) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: id === undefined ? message.id : id, error });
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    },
  /** Any text as an event stream, chunk by chunk; each chunk is a write of its own. */
  events:
    (...chunks: (string | Buffer)[]): Fault =>
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      void writeAll(response, chunks);
    },
  json:
    (text: string): Fault =>
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    },
} as const;

async function writeAll(response: ServerResponse, chunks: readonly (string | Buffer)[]): Promise<void> {
  for (const chunk of chunks) {
    await new Promise<void>((written) => {
      response.write(chunk, () => {
        written();
      });
    });
    // A turn of the loop, so that chunks are told apart on the way.
    await new Promise((turn) => setImmediate(turn));
  }
  response.end();
}

export const event = (message: object): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
