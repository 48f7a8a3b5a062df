/**
 * Requests that the server makes of us. `ping` is answered by the chart; there are no handlers for
 * others yet, and the answer says so (JSON-RPC 2.0: -32601, method not found).
 */
import type { Answer, InboundId } from '../protocol/json-rpc.js';

export interface Inbound {
  readonly id: InboundId;
  readonly method: string;
}

const METHOD_NOT_FOUND = -32601;

export function answerInbound({ method }: Inbound, answer: (answer: Answer) => void): void {
  answer({ error: { code: METHOD_NOT_FOUND, message: `this client does not handle ${method}` } });
}
