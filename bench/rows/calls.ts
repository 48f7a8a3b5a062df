/** Calls of the echo tool over one session, so many in flight. */
import { keepInFlight, timed, type Rig } from '../measure.js';
import type { Session } from '../peers.js';

export const TEXT = 'hello world';

/** Whoever is fast because nothing comes back is not in this race. */
export async function checkEcho(session: Session): Promise<void> {
  const { content } = await session.call('echo', { text: TEXT });
  const [first] = Array.isArray(content) ? (content as { text?: unknown }[]) : [];
  if (first?.text !== TEXT) throw new Error(`the echo came back as ${JSON.stringify(content)}`);
}

export async function callsOver(session: Session, inFlight: number, operations: number): Promise<Rig> {
  await checkEcho(session);
  const call = () => session.call('echo', { text: TEXT });
  return {
    round: () => timed(operations, () => keepInFlight(inFlight, operations, call)),
    end: () => session.close(),
  };
}
