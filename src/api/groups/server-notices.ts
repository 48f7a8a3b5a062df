/**
 * What servers tell, as the client in front hears it; and what a new session of one of them brings
 * with it: it knows neither the level of its logging nor what was subscribed to, and its lists may
 * be others.
 */
import type { NotificationBody } from '../../protocol/json-rpc.js';
import type { Client } from '../client.js';
import type { Members } from './members.js';
import type { ProgressTokens } from './progress-tokens.js';
import { publicUri } from './resource-uris.js';
import type { Router } from './router.js';
import { publicTaskId, withTaskIds } from './task-ids.js';

const LISTS = ['tools', 'prompts', 'resources'] as const;

type Body = Readonly<Record<string, unknown>>;

/** Where it is told. */
interface Audience {
  /** To the client in front. */
  readonly emit: (message: object) => void;
  /** The session of a server is over. */
  readonly lost: (server: string) => void;
}

export class ServerNotices {
  readonly #router: Router;
  readonly #tokens: ProgressTokens;
  readonly #audience: Audience;
  readonly #forget: (() => void)[] = [];

  constructor(router: Router, tokens: ProgressTokens, audience: Audience) {
    this.#router = router;
    this.#tokens = tokens;
    this.#audience = audience;
  }

  /** The client in front has its handshake: from now on a new session of a server is news. */
  start(members: Members): void {
    for (const [name, client] of members.clients) this.#watch(name, client);
  }

  stop(): void {
    for (const forget of this.#forget.splice(0)) forget();
  }

  /** Its lists come with it when it is there, and go with it when it is given up. */
  #watch(name: string, client: Client): void {
    let known = client.state === 'ready' ? client.generation : 0;
    let wasReady = known !== 0;
    this.#forget.push(
      client.subscribe(({ state, generation }) => {
        const isReady = state === 'ready';
        if (wasReady && (!isReady || generation !== known)) this.#audience.lost(name);
        wasReady = isReady;
        if (isReady && generation !== known) {
          known = generation;
          this.#announceLists(client);
          this.#restore(name, client);
        } else if (state === 'disconnected' && known !== 0) {
          known = 0;
          for (const list of LISTS) this.#tell(`notifications/${list}/list_changed`);
        }
      }),
    );
  }

  #announceLists({ serverCapabilities }: Client): void {
    for (const list of LISTS)
      if (serverCapabilities?.[list] !== undefined) this.#tell(`notifications/${list}/list_changed`);
  }

  #restore(name: string, client: Client): void {
    const { level, subscriptions } = this.#router;
    // Whatever fails here fails with the session that it is for, which is lost and replaced again.
    if (level !== null && client.serverCapabilities?.logging !== undefined)
      client.request('logging/setLevel', { level }).catch(() => undefined);
    for (const uri of subscriptions.get(name) ?? []) {
      client.request('resources/subscribe', { uri }).then(
        () => {
          // What was missed cannot be known: whoever follows it looks again.
          this.#tell('notifications/resources/updated', { uri: publicUri(name, uri) });
        },
        () => undefined,
      );
    }
  }

  #tell(method: string, params?: Body): void {
    this.#audience.emit({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
  }

  take(server: string, { method, params = {} }: NotificationBody): void {
    const renamed = withTaskIds(params, (task) => publicTaskId(server, task));
    switch (method) {
      case 'notifications/progress': {
        const outward = this.#tokens.outward(server, renamed);
        if (outward !== null) this.#tell(method, outward);
        return;
      }
      case 'notifications/resources/updated':
        this.#tell(method, { ...renamed, uri: publicUri(server, String(renamed['uri'])) });
        return;
      case 'notifications/message': {
        const { logger } = renamed;
        this.#tell(method, { ...renamed, logger: typeof logger === 'string' ? `${server}/${logger}` : server });
        return;
      }
      case 'notifications/tools/list_changed':
        this.#router.names.forget('tool', server);
        break;
      case 'notifications/prompts/list_changed':
        this.#router.names.forget('prompt', server);
        break;
      case 'notifications/cancelled':
        // Told where the request it is about is known.
        return;
    }
    this.#tell(method, Object.keys(renamed).length === 0 ? undefined : renamed);
  }
}
