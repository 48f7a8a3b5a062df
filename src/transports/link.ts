/**
 * A link carries the messages of exactly one generation. Everything that connects us to a server
 * (a child process, streamable HTTP, memory, a user's own SDK `Transport`) stands behind this one
 * interface, and the session actor drives nothing else.
 *
 * It is made of calls that never throw and never wait: what comes of them is told by `LinkEvents`.
 * That is what keeps promises, and with them every race of "resolved after we stopped caring", out
 * of the session.
 */
import type { Failure } from '../protocol/failure.js';
import type { Message } from '../protocol/json-rpc.js';

/** What a user may see of a live link. */
export type Connection =
  | { readonly kind: 'stdio'; readonly pid: number }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly sessionId: string | null;
      readonly lastEventId: string | null;
    }
  /** What came before streamable HTTP: one event stream, and a POST for each message. */
  | { readonly kind: 'sse'; readonly url: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'custom'; readonly sessionId: string | null }
  /** Several servers behind one client. */
  | { readonly kind: 'servers'; readonly names: readonly string[] };

export interface Link {
  /** Null until the link is open. */
  readonly connection: Connection | null;

  /** The result of `initialize` of the session that it takes up: then the handshake is not made again. */
  readonly resumed?: unknown;

  /** Called once, before anything else. Answers with `opened` or `lost`, now or later. */
  open(events: LinkEvents): void;

  /**
   * Hands over messages in order, as one write where the medium allows it.
   * `accepted` is told once: null when the peer has them (HTTP: the POST was answered with success;
   * stdio, memory: they were handed to the medium), or why it has not.
   * A request that fails is told by `requestFailed` also, with or without `accepted`.
   */
  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void;

  /** Nobody waits for these requests any more: a stream that only carries their answers may go. */
  abandon(ids: readonly number[]): void;

  /**
   * Why the server has not taken this request, where that is certain: it refused it before it acted on it, or it was never
   * sent, and it waits in the link to be made again. Also of one that was abandoned while it did; null for all others.
   */
  withheld?(id: number): Failure | null;

  /**
   * Whether the link keeps the program alive. It does, until it is told not to: by a session that is
   * kept though nobody uses it.
   */
  hold?(held: boolean): void;

  /** The handshake has settled on this revision of the protocol. */
  negotiated(protocolVersion: string): void;

  /**
   * Ends gently, step by step, in `within` ms at the most; called again, it can only shorten.
   * Answers with `ended`, also when the link was lost before, or never open.
   */
  close(within: number): void;

  /** Ends now, whatever is left of it. No event follows. */
  kill(): void;
}

/**
 * What a link tells the session. After `lost`, only `requestFailed`, `received` (while `answering`)
 * and `ended` may follow; after `ended` or `kill()`, nothing.
 */
export interface LinkEvents {
  opened(): void;

  /** The messages of one chunk, in their order of arrival: JSON values, not yet looked at. */
  received(messages: readonly unknown[]): void;

  /**
   * One request died on a link that lives. `refused`: nobody has executed it, because the peer does
   * not know our session, or because it was never written and the peer is gone: it may be made again
   * in the next generation.
   */
  requestFailed(id: number, failure: Failure, refused: boolean): void;

  /** The peer may be gone, a probe is under way: new requests had better wait. */
  suspected(failure: Failure): void;

  /** The probe came back. */
  trusted(): void;

  /**
   * The server wants to be shown who we are (401, or 403 for want of scope), and credentials are being
   * got: new requests had better wait. What it turned down goes out again by itself, but the handshake:
   * that is made anew after `authorized`. Before `opened`, the transport goes on opening after it.
   */
  challenged(failure: Failure): void;

  /** There are credentials now. */
  authorized(): void;

  /** There will be none. What waited in the link is told by `requestFailed` before. */
  denied(failure: Failure): void;

  /** What the server says unasked cannot be heard: its stream does not open again. Requests go on. */
  degraded(failure: Failure): void;

  /** It can be heard again. */
  restored(): void;

  /**
   * The link is dead; told once, and after everything that had been read was `received`.
   * `answering`: the session is over, but streams that are open may still deliver, and requests are
   * told of one by one; after that it may be told once more, for good.
   */
  lost(failure: Failure, answering: boolean): void;

  /**
   * All of it is gone: process tree reaped, sockets closed. Told once, after `close()`.
   * `evidence`: what the link knows of why its peer was silent; it becomes the root cause of a
   * deadline that passed (I10).
   */
  ended(evidence: Failure | null): void;
}
