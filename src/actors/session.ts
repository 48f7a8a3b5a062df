/**
 * The session actor, as XState runs it: its body, and where a client finds what a living one is
 * connected to.
 */
import { fromCallback } from 'xstate';
import type { SessionInput } from '../machines/client.setup.js';
import type { SessionCommand } from '../machines/client.types.js';
import type { Failure } from '../protocol/failure.js';
import type { RequestId } from '../protocol/json-rpc.js';
import type { Connection } from '../transports/link.js';
import { portsOf } from './ports.js';
import { Session } from './session-body.js';

export const sessionLogic = fromCallback<SessionCommand, SessionInput>(({ input, sendBack, receive, system, self }) => {
  const session = new Session(input.generation, portsOf(system), sendBack);
  sessions.set(self, session);
  // XState does not clean up after an actor that throws, so a body that did would leave its link behind (I4).
  const surviving = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      session.stop();
      throw error;
    }
  };
  receive((command) => {
    surviving(() => {
      session.take(command);
    });
  });
  surviving(() => {
    session.open();
  });
  return () => {
    session.stop();
  };
});

const sessions = new WeakMap<object, Session>();

/** What the link of a session actor is connected to; null before it is open and after it has gone. */
export const connectionOf = (actor: object | undefined): Connection | null =>
  actor === undefined ? null : (sessions.get(actor)?.connection ?? null);

/** Why the server of a session actor has not taken a request; null where it may have. */
export const withheldBy = (actor: object | undefined, id: RequestId): Failure | null =>
  actor === undefined ? null : (sessions.get(actor)?.withheld(id) ?? null);

/** Whether what a session actor is connected to keeps the program alive: it does, until it is told not to. */
export function holdConnection(actor: object | undefined, held: boolean): void {
  if (actor !== undefined) sessions.get(actor)?.hold(held);
}
