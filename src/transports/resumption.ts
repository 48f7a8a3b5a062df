/** A session that another process has begun, and that this one takes up: what has to be known of it. */
export interface Resumption {
  /** What `client.sessionId` was there. */
  readonly sessionId: string;
  /** The revision of the protocol that the handshake settled on, such as `2025-11-25`: the one in `initializeResult`. */
  readonly protocolVersion: string;
  /** What the server answered to `initialize`, as it was: its capabilities are taken from it. */
  readonly initializeResult: Readonly<Record<string, unknown>>;
  /**
   * The id of the last event that was read of the stream for what the server says unasked: it sends again what came after it,
   * if it keeps it. Default: the stream begins with what comes from now on.
   */
  readonly lastEventId?: string | undefined;
}
