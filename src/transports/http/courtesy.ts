/** How a message that gets no answer is treated on its way: before which others it goes, and how long its socket is kept for it. */
import type { Message } from '../../protocol/json-rpc.js';

export interface Courtesy {
  /** How long the server may take to acknowledge it. */
  readonly patience: number;
  /** The server waits for it: it goes before what only tells something. */
  readonly urgent: boolean;
}

/** What is not acknowledged must not keep its socket from the others. */
const ACKNOWLEDGEMENT = 30_000;
/** A server that is slow is sent many of these, and what it makes of them matters to nobody. */
const CANCELLATION = 2_000;

const ordinary: Courtesy = { patience: ACKNOWLEDGEMENT, urgent: false };
const answer: Courtesy = { patience: ACKNOWLEDGEMENT, urgent: true };
const cancellation: Courtesy = { patience: CANCELLATION, urgent: false };

export function courtesyOf(message: Message): Courtesy {
  if (!('method' in message)) return answer;
  return message.method === 'notifications/cancelled' ? cancellation : ordinary;
}
