/** A server in memory: a hand-written `Transport` that answers each request in a microtask. */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { answer, type Incoming } from './answers.mjs';

export class EchoTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    const response = answer(message as Incoming);
    if (response !== null) {
      queueMicrotask(() => {
        this.onmessage?.(response as JSONRPCMessage);
      });
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}
