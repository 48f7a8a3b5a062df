/**
 * A server spoken to over streamable HTTP: MCP 2025-11-25, basic/transports#streamable-http. Every
 * message is a POST of its own; an answer comes in its body, or in a stream that is its body.
 *
 * Its files, in `http/`, in reading order:
 *
 *     link        what the fate of one exchange means to the link
 *     handshake   how far that has come, as its posts tell
 *     outstanding the posts of which the outcome is open
 *     delivery    one message, over all the posts that carry it
 *     outcomes    how the outcome of a post is told
 *     post        one message on its way, and what comes back
 *     verdict     what an answer other than success means, purely
 *     failures    what can go wrong, as failures, purely
 *     refusals    what is made again: with other credentials, or later
 *     withheld    what the server has not taken, and why
 *     courtesy    how long an answer or a notification may take, and what it goes before
 *     tries       how often, purely
 *     parking     the posts that wait for the same credentials
 *     authorization one attempt to get them
 *     doubt       what 400 means
 *     suspicion   the one `ping` that settles what a refusal meant
 *     standalone  the stream that the server may use when it is asked nothing
 *     continuation the rest of the stream of a request that broke off
 *     listening   one connection of either of them
 *     position    where a stream stands, over its connections
 *     told        the events that were told already, by their ids
 *     reopening   when a stream is asked for again, and what a refusal means, purely
 *     takeover    a session that another process has begun
 *     loss        how a loss is told, to whom
 *     closing     the end, step by step
 *     farewell    what those steps are, and the DELETE of the session
 *     exchange    what every HTTP exchange does: redirects, silence after an abort, one outcome
 *     reading     what is being read of an answer
 *     body        a body that is read as a whole
 *     stream      a body that is an event stream
 *     endpoint    the address of the server, and what carries requests to it
 *     headers     those of the protocol, those of the user, and the token
 *     given-headers what a user may give for headers
 *     token       what an authorizer may give for a token
 *     sending     what is the same for all messages that go out, over SSE too
 *     turns       what is sent first goes out first, however long its headers take
 *     preparations the messages that wait for their headers, each send in its turn
 *     lane        sockets, and who waits for which
 *     encoding    content encodings, and how they are undone
 *     wire        what carries one exchange: a socket, a turn of `fetch`, or one of a dispatcher
 *     socket      the first
 *     connector   how a socket comes about, through a proxy too
 *     proxy       which proxy, and what can be wrong with it
 *     fetch       the second
 *     dispatcher  the third
 *     concealed   what their errors may show
 */
import type { FetchLike } from './remote-options.js';
import type { Clock } from '../protocol/clock.js';
import type { Limits } from '../protocol/limits.js';
import type { Authorizer } from './auth/authorizer.js';
import type { HeaderOption } from './http/headers.js';
import { HttpLink } from './http/link.js';
import type { Link } from './link.js';
import type { DispatcherLike, TlsOptions } from './remote-options.js';
import type { Resumption } from './resumption.js';

export interface HttpOptions {
  readonly url: URL;
  /** Sent with every request. A function is asked each time, and may take its time. */
  readonly headers?: HeaderOption | undefined;
  /** Puts a token on every request, and gets another when the server turns one down. */
  readonly authorizer?: Authorizer | undefined;
  /** Used instead of our own sockets. */
  readonly fetch?: FetchLike | undefined;
  /** The same. It is not ours: what runs on it is aborted, and it is never closed. */
  readonly dispatcher?: DispatcherLike | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly socketPath?: string | undefined;
  /** Left out, the environment is asked. */
  readonly proxy?: string | URL | false | undefined;
  /** A session to take up instead of making one. */
  readonly resume?: Resumption | undefined;
  /** Whether the session is deleted when the link closes. Default true. */
  readonly terminateSession?: boolean | undefined;
}

export interface HttpPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

export function httpLink(options: HttpOptions, ports: HttpPorts): Link {
  return new HttpLink(options, ports);
}
