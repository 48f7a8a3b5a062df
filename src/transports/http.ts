/**
 * A server spoken to over streamable HTTP: MCP 2025-11-25, basic/transports#streamable-http. Every
 * message is a POST of its own; an answer comes in its body, or in a stream that is its body.
 *
 *     http-link       what the fate of one exchange means to the link
 *     http-post       one message on its way, and what comes back
 *     http-verdict    what an answer other than success means, purely
 *     http-probe      the one `ping` that settles a suspicion
 *     http-standalone the stream that the server may use when it is asked nothing
 *     http-closing    the end, step by step
 *     http-lane       sockets, and who waits for which
 */
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Clock } from '../protocol/clock.js';
import type { Limits } from '../protocol/limits.js';
import type { HeaderOption } from './http-headers.js';
import { HttpLink } from './http-link.js';
import type { Link } from './link.js';

export interface HttpOptions {
  readonly url: URL;
  /** Sent with every request. A function is asked each time, and may take its time. */
  readonly headers?: HeaderOption | undefined;
  /** Used instead of our own sockets. */
  readonly fetch?: FetchLike | undefined;
}

export interface HttpPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

export function httpLink(options: HttpOptions, ports: HttpPorts): Link {
  return new HttpLink(options, ports);
}
