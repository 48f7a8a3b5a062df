/**
 * A server spoken to over HTTP with SSE, as it was before streamable HTTP: MCP 2024-11-05,
 * basic/transports#http-with-sse. One event stream carries all that the server says; its first event
 * says where our messages are to be posted. The stream is the session: when it ends, so does the other.
 *
 * Its files, in `sse/`, in reading order:
 *
 *     link      what the fate of the stream, or of one post, means to the link
 *     opening   the event stream until it is open
 *     stream    the event stream
 *     address   where messages are posted
 *     post      one message on its way
 *     failures  what can go wrong, as failures, purely
 *
 * The rest is that of streamable HTTP, in `http/`: sockets, headers, limits, turns, what is made again, and the end.
 */
import type { Link } from './link.js';
import type { HttpOptions, HttpPorts } from './http.js';
import { SseLink } from './sse/link.js';

export function sseLink(options: HttpOptions, ports: HttpPorts): Link {
  return new SseLink(options, ports);
}
