/** What a session dies of when no peer is to blame. */
import type { Failure } from '../protocol/failure.js';

/** Before there was a link. */
export const unopened: Failure = {
  kind: 'connection',
  code: 'source_failed',
  message: 'the transport could not be made',
  executed: 'no',
  retryable: true,
};

/** Something of ours, or the link, threw where it must not. */
export const broken: Failure = {
  kind: 'connection',
  code: 'internal',
  message: 'the session failed; this is a defect of the client or of its transport',
  executed: 'maybe',
  retryable: true,
};
