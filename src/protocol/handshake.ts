/**
 * The handshake of the revisions 2024-10-07 to 2025-11-25: `initialize`, then
 * `notifications/initialized` (MCP 2025-11-25, basic/lifecycle#initialization).
 */
import type { ClientCapabilities, Implementation, InitializeResult } from '@modelcontextprotocol/sdk/types.js';
import { failure, type Failure } from './failure.js';
import type { Notification, PeerError, Request, RequestId } from './json-rpc.js';
import { InitializeResultSchema, LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from './sdk.js';

/** What the handshake settled. */
export type Negotiated = Readonly<InitializeResult>;

/** What we say of ourselves. */
export interface Hello {
  readonly clientInfo: Implementation;
  readonly capabilities: ClientCapabilities;
}

export const initializeRequest = (id: RequestId, { clientInfo, capabilities }: Hello): Request => ({
  jsonrpc: '2.0',
  id,
  method: 'initialize',
  params: { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities, clientInfo },
});

export const initializedNotification: Notification = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** Never for `initialize` (basic/utilities/cancellation#behavior-requirements). */
export const cancelledNotification = (requestId: RequestId, reason: string): Notification => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason },
});

export type HandshakeVerdict =
  { readonly ok: true; readonly result: Negotiated } | { readonly ok: false; readonly failure: Failure };

const refuse = (
  record: Pick<Failure, 'kind' | 'code' | 'message' | 'retryable'>,
  cause: unknown,
): HandshakeVerdict => ({
  ok: false,
  failure: failure({ ...record, executed: 'no' }, cause),
});

/** The server's `InitializeResult`, if we can work with it. */
export function readInitializeResult(body: unknown): HandshakeVerdict {
  const parsed = InitializeResultSchema.safeParse(body);
  if (!parsed.success) {
    return refuse(
      {
        kind: 'invalid_response',
        code: 'invalid_initialize_result',
        message: "the server's answer to initialize is not an InitializeResult",
        retryable: false,
      },
      parsed.error,
    );
  }
  const { protocolVersion } = parsed.data;
  if (!SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion)) {
    const message = `the server speaks protocol version ${JSON.stringify(protocolVersion)}; this client speaks ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')}`;
    return refuse({ kind: 'unsupported', code: 'unsupported_version', message, retryable: false }, undefined);
  }
  return { ok: true, result: parsed.data };
}

/** The server answered `initialize` with an error. */
export const refusedInitialize = (error: PeerError): HandshakeVerdict =>
  refuse(
    {
      kind: 'connection',
      code: 'initialize_refused',
      message: `the server refused to initialize: ${error.message} (${String(error.code)})`,
      retryable: true,
    },
    error,
  );

/** The server answered `initialize` with something that is no answer. */
export const invalidInitialize = (reason: string): HandshakeVerdict =>
  refuse(
    {
      kind: 'invalid_response',
      code: 'invalid_initialize_result',
      message: `the server's answer to initialize cannot be used: ${reason}`,
      retryable: false,
    },
    undefined,
  );
