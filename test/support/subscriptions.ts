/** A client of a server that offers subscriptions, and what they tell. */
import type { ClientOptions, ResourceUpdate, ResourceUpdates } from '../../src/index.js';
import { ScriptedServer } from '../../src/testing/scripted-server.js';
import { scriptedClient, type ScriptedClient } from './scripted-client.js';

export const A = 'file:///a';
export const B = 'file:///b';

export function subscribing(options?: ClientOptions): ScriptedClient & { server: ScriptedServer } {
  const server = new ScriptedServer({ capabilities: { resources: { subscribe: true } } });
  return { ...scriptedClient(server, options), server };
}

export const update = (uri: string): object => ({ method: 'notifications/resources/updated', params: { uri } });

/** What has come of a stream so far, in a list that goes on growing. */
export function recorded(updates: ResourceUpdates): ResourceUpdate[] {
  const seen: ResourceUpdate[] = [];
  void (async () => {
    for await (const each of updates) seen.push(each);
  })();
  return seen;
}
