/** From a client to the XState actor that is its lifecycle: for tools, not for callers. */
import type { ActorRefFrom } from 'xstate';
import type { ClientMachine } from './logic.js';

/** The XState actor reference of a client. */
export type ClientActor = ActorRefFrom<ClientMachine>;

const actors = new WeakMap<object, ClientActor>();

/** Called by the client when it makes its actor. */
export function registerActor(client: object, actor: ClientActor): void {
  actors.set(client, actor);
}

/**
 * The live XState actor reference of a `Client`. Look at it, subscribe to it, inspect it; what you
 * send to it is taken as if the client had sent it.
 *
 * @param client a `Client` of this package
 * @returns its root actor
 * @throws TypeError when the object is not a client of this copy of the package
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { actorOf } from 'mcp-actor/machines';
 *
 * const client = new Client({ command: 'my-server' });
 * actorOf(client).subscribe((snapshot) => console.log(snapshot.value));
 * ```
 */
export function actorOf(client: object): ClientActor {
  const actor = actors.get(client);
  if (actor === undefined) throw new TypeError('actorOf() takes a Client of this copy of mcp-actor');
  return actor;
}
