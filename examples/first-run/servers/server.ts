/** A server as both clients take it: as a source for mcp-actor, and as a transport for the SDK. */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Source } from '../../../src/index.js';

export interface Server {
  /** `everything over stdio`, for headings. */
  readonly title: string;
  /** `stdio`, for the lines of the live view. */
  readonly short: string;
  /** Whether each client starts a process of its own. */
  readonly isChild: boolean;
  readonly source: Source;
  transport(): Transport;
}
