/** A client and the scriptable HTTP server it talks to. Neither is left after the test. */
import { onTestFinished } from 'vitest';
import { Client, type ClientOptions } from '../../src/index.js';
import { HttpServer, type HttpServerOptions } from './http-server.js';
import { WatchedClock } from './watched-clock.js';

export interface HttpClient {
  readonly server: HttpServer;
  readonly client: Client;
  readonly clock: WatchedClock;
}

export async function httpClient(
  serverOptions: HttpServerOptions = {},
  options: ClientOptions = {},
): Promise<HttpClient> {
  const server = await HttpServer.start(serverOptions);
  const clock = new WatchedClock();
  const client = new Client(server.url, { name: 'test', clock, ...options });
  onTestFinished(async () => {
    await client.close({ drain: 0, timeout: 500 });
    await server.close();
  });
  return { server, client, clock };
}

/** The states a client went through, by generation, each with what `isConnected()` said of it. */
export function watchedStates(client: Client): string[] {
  const states: string[] = [];
  client.subscribe(({ state, generation }) => {
    const told = `${String(generation)} ${state}${client.isConnected() ? ' connected' : ''}`;
    if (states.at(-1) !== told) states.push(told);
  });
  return states;
}
