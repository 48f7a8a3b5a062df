/**
 * A server spoken to over streamable HTTP: MCP 2025-11-25, basic/transports#streamable-http. Every
 * message is a POST of its own; an answer comes in its body, or in a stream that is its body.
 *
 * Its files, in `http/`, in reading order:
 *
 *     link        what the fate of one exchange means to the link
 *     outstanding the posts of which the outcome is open
 *     post        one message on its way, and what comes back
 *     verdict     what an answer other than success means, purely
 *     failures    what can go wrong, as failures, purely
 *     suspicion   the one `ping` that settles what a refusal meant
 *     standalone  the stream that the server may use when it is asked nothing
 *     loss        how a loss is told, to whom
 *     closing     the end, step by step
 *     farewell    what those steps are, and the DELETE of the session
 *     exchange    what every HTTP exchange does: redirects, silence after an abort, one outcome
 *     body        a body that is read as a whole
 *     stream      a body that is an event stream
 *     endpoint    the address of the server, and what carries requests to it
 *     headers     those of the protocol and those of the user
 *     sending     what is the same for all messages that go out, over SSE too
 *     turns       what is sent first goes out first, however long its headers take
 *     preparations the messages that wait for their headers, each send in its turn
 *     lane        sockets, and who waits for which
 *     wire        one socket, or a turn of `fetch`
 *     fetch       the latter
 */
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Clock } from '../protocol/clock.js';
import type { Limits } from '../protocol/limits.js';
import type { HeaderOption } from './http/headers.js';
import { HttpLink } from './http/link.js';
import type { Link } from './link.js';

export interface HttpOptions {
  readonly url: URL;
  /** Sent with every request. A function is asked each time, and may take its time. */
  readonly headers?: HeaderOption | undefined;
  /** Used instead of our own sockets. Internal: no option of a client sets it. */
  readonly fetch?: FetchLike | undefined;
}

export interface HttpPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

export function httpLink(options: HttpOptions, ports: HttpPorts): Link {
  return new HttpLink(options, ports);
}
