/**
 * A transport as the MCP SDK defines it, by shape: what of it we use. The SDK's own declaration needs
 * the DOM's types; a program on Node need not have them.
 */
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** What a source may be, or return, when the connection is a user's own. */
export interface Transport {
  start(): Promise<void>;
  send(message: JSONRPCMessage): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  readonly sessionId?: string | undefined;
  setProtocolVersion?: ((version: string) => void) | undefined;
}
