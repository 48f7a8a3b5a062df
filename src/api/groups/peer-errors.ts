/** Answers that are errors: of a server, or of the group in the place of one. */
import type { PeerError } from '../../protocol/json-rpc.js';
import { McpError } from '../errors.js';

/** An error that the group answers with itself. */
export class GroupError extends Error {
  constructor(readonly peer: PeerError) {
    super(peer.message);
  }
}

/** Null for what is no answer: the call has failed, and nobody has answered it. */
export function peerErrorOf(error: unknown): PeerError | null {
  if (error instanceof GroupError) return error.peer;
  if (!(error instanceof McpError)) return null;
  const { code, message, data } = error;
  return { code, message, ...(data === undefined ? {} : { data }) };
}
