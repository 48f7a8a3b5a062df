/** Taking up a session that another process has begun. */
import type { Failure } from '../../protocol/failure.js';
import type { Resumption } from '../resumption.js';
import { invalidResumption } from './failures.js';
import type { RequestHeaders } from './headers.js';
import { speakable } from './position.js';

/** From here on the headers say that the session is ours; or why they cannot. */
export function takenUp(
  { sessionId, protocolVersion, lastEventId }: Resumption,
  headers: RequestHeaders,
): Failure | null {
  if (lastEventId !== undefined && speakable(lastEventId) === null) return invalidResumption('lastEventId');
  return headers.takeUp(sessionId, protocolVersion) ? null : invalidResumption('sessionId or protocolVersion');
}
