/**
 * JSON-RPC 2.0 as MCP uses it: the messages we send, and the classification of what we receive.
 * Classification looks at shapes only (`'method' in m`, `'id' in m`); results are checked against
 * their schema where they are settled. Ids are compared by type and value: `"1"` is not `1`.
 */

/** One monotonic integer per client is the request id, the JSON-RPC id and the progress token. */
export type RequestId = number;
/** The id of a request the server makes of us. */
export type InboundId = string | number;

export interface Request {
  readonly jsonrpc: '2.0';
  readonly id: RequestId | string;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}
export interface Notification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}
export interface PeerError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}
/** Our answer to a request of the server. */
export type Answer = { readonly result: unknown } | { readonly error: PeerError };
export type Response = { readonly jsonrpc: '2.0'; readonly id: InboundId } & Answer;
export type Message = Request | Notification | Response;

/** A message that came in, by what it is to us. `body` is opaque: sinks leave it out. */
export type Received =
  | { readonly kind: 'result'; readonly id: RequestId; readonly body: unknown }
  | { readonly kind: 'error'; readonly id: RequestId; readonly error: PeerError }
  | { readonly kind: 'invalid'; readonly id: RequestId; readonly reason: string }
  | { readonly kind: 'progress'; readonly id: RequestId; readonly body: NotificationBody }
  | { readonly kind: 'notification'; readonly body: NotificationBody }
  | { readonly kind: 'cancelled'; readonly id: InboundId; readonly body: NotificationBody }
  | { readonly kind: 'request'; readonly id: InboundId; readonly method: string; readonly body: unknown };

export interface NotificationBody {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A message whose id could be read but whose body must not be used: too deep, say. */
export class Malformed {
  constructor(
    readonly id: unknown,
    readonly reason: string,
  ) {}
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isInboundId = (id: unknown): id is InboundId => typeof id === 'string' || typeof id === 'number';

const isRequestId = (id: unknown): id is RequestId => typeof id === 'number' && Number.isSafeInteger(id);

/** What the message is to us; null for what is nothing (noise, an id that cannot be ours). */
export function classify(value: unknown): Received | null {
  if (value instanceof Malformed) {
    return isRequestId(value.id) ? { kind: 'invalid', id: value.id, reason: value.reason } : null;
  }
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return null;
  const id = value['id'];
  if ('method' in value) return classifyCall(value, id);
  return isRequestId(id) ? classifyResponse(value, id) : null;
}

function classifyCall(value: Record<string, unknown>, id: unknown): Received | null {
  const method = value['method'];
  if (typeof method !== 'string') return null;
  if ('id' in value) return isInboundId(id) ? { kind: 'request', id, method, body: value['params'] } : null;
  const params = value['params'];
  const body: NotificationBody = isObject(params) ? { method, params } : { method };
  if (method === 'notifications/progress') {
    const token = body.params?.['progressToken'];
    if (isRequestId(token) && typeof body.params?.['progress'] === 'number')
      return { kind: 'progress', id: token, body };
  }
  if (method === 'notifications/cancelled') {
    const requestId = body.params?.['requestId'];
    if (isInboundId(requestId)) return { kind: 'cancelled', id: requestId, body };
  }
  return { kind: 'notification', body };
}

function classifyResponse(value: Record<string, unknown>, id: RequestId): Received {
  const hasResult = 'result' in value;
  const hasError = 'error' in value;
  if (hasResult && !hasError) {
    return isObject(value['result'])
      ? { kind: 'result', id, body: value['result'] }
      : { kind: 'invalid', id, reason: 'its result is not an object' };
  }
  if (hasResult) return { kind: 'invalid', id, reason: 'it has both a result and an error' };
  if (!hasError) return { kind: 'invalid', id, reason: 'it has neither a result nor an error' };
  const error = value['error'];
  if (!isObject(error) || !Number.isInteger(error['code']) || typeof error['message'] !== 'string') {
    return { kind: 'invalid', id, reason: 'its error is not of the form { code: integer, message: string }' };
  }
  return { kind: 'error', id, error: error as unknown as PeerError };
}
