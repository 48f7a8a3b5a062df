/** What can go wrong with the event stream that is a session, as failures; pure. */
import type { Failure } from '../../protocol/failure.js';

/** Another stream will do: a loss is made good by a new session. */
const again = { kind: 'connection', executed: 'maybe', retryable: true } as const;

export const streamOver = (where: string): Failure => ({
  ...again,
  code: 'stream_ended',
  message: `${where} ended its event stream, and the session with it`,
});

export const movedElsewhere = (where: string): Failure => ({
  ...again,
  code: 'session_replaced',
  message: `${where} began another session on the same stream: it named another address for messages`,
});

/** For a deadline that passed: the server was there, and did not say where to write to. */
export const noEndpoint = (where: string): Failure => ({
  ...again,
  code: 'no_endpoint',
  message: `${where} opened its event stream and never said where messages go (the event "endpoint"); is it an SSE server?`,
  executed: 'no',
});

/** The address itself is not shown: its query is the session's secret. */
export const badEndpoint = (where: string, what: string): Failure => ({
  ...again,
  code: 'invalid_endpoint',
  message: `${where} gave an address for messages that ${what}, which is not followed`,
  executed: 'no',
  retryable: false,
});
