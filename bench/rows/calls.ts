/** Calls of the echo tool over one session, so many in flight. */
import { keepInFlight, timed, type Rig } from '../measure.js';
import type { Session } from '../peers.js';

export const TEXT = 'hello world';

/** The text of a tool's result, which every client gives in the protocol's own shape. */
export const textOf = (result: unknown): string | undefined =>
  (result as { readonly content: readonly { readonly text?: string }[] }).content[0]?.text;

/** Whoever is fast because nothing comes back is not in this race. */
export async function checkEcho(session: Session): Promise<void> {
  const text = textOf(await session.call('echo', { text: TEXT }));
  if (text !== TEXT) throw new Error(`the echo came back as ${JSON.stringify(text)}`);
}

export async function callsOver(session: Session, inFlight: number, operations: number): Promise<Rig> {
  await checkEcho(session);
  const call = () => session.call('echo', { text: TEXT });
  return {
    round: () => timed(operations, () => keepInFlight(inFlight, operations, call)),
    end: () => session.close(),
  };
}
