/** A login that the user of this client sees to: what came back from it is handed over. */
import { causeOf, FailureError } from '../protocol/failure.js';
import type { Client } from './client.js';
import { errorOf } from './error-of.js';
import type { Behind } from './groups/facade.js';
import { configError } from './options.js';
import type { Runtime } from './runtime.js';

/** @internal */
export async function finishLogin(
  { name, source: { finishAuthorization }, clients }: Behind,
  code: string | URL,
  { server }: { readonly server?: string | undefined },
  { state, label }: Runtime,
): Promise<void> {
  const several = clients();
  if (several !== null) return clientOf(several, server).finishAuth(code);
  if (server !== undefined && server !== name) {
    throw configError(`finishAuth(): this client has one server, and it is not ${quoted(server)}`, 'unknown_server');
  }
  if (finishAuthorization === undefined) {
    throw configError(`finishAuth(): the server of this client takes no login: ${label}`, 'auth');
  }
  try {
    await finishAuthorization(code);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const { failure } = error;
    throw errorOf(failure, { state, client: label, what: 'finishAuth', cause: causeOf(failure), isNoRequest: true });
  }
}

/** A code is good for the server that it was got for, and is shown to no other. */
function clientOf(clients: ReadonlyMap<string, Client>, server: string | undefined): Client {
  const client = server === undefined ? undefined : clients.get(server);
  if (client !== undefined) return client;
  const what = server === undefined ? 'this client has several servers' : `there is no server ${quoted(server)}`;
  const waiting = [...clients].flatMap(([name, one]) => (one.getSnapshot().authorizing ? [name] : []));
  const [likely = 'name'] = waiting;
  const now = waiting.length === 0 ? 'none of them waits for one now' : `waiting for one now: ${waiting.join(', ')}`;
  throw configError(
    `finishAuth(): ${what}; say whose login it is, finishAuth(code, { server: ${quoted(likely)} }), of ${[...clients.keys()].join(', ')}; ${now}`,
    'unknown_server',
  );
}

const quoted = (name: string): string => JSON.stringify(name);
