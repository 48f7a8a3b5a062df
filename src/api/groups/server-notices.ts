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
  /** A server has a new session, or none any more: what all of them can do may be something else. */
  readonly changed: () => void;
  readonly complain: (error: unknown, where: string) => void;
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
      client.subscribe(({ state, generation, authorizing }) => {
        const isReady = state === 'ready';
        if (wasReady && (!isReady || generation !== known)) this.#audience.lost(name);
        wasReady = isReady;
        const isBack = isReady && !authorizing && this.#router.missed.delete(name);
        if (isReady && generation !== known) {
          known = generation;
          this.#audience.changed();
          this.#announceLists(client);
          void this.#restore(name, client, generation);
        } else if (isBack) {
          // The session is the same, but there was a list without it.
          this.#announceLists(client);
        } else if (state === 'disconnected' && known !== 0) {
          known = 0;
          this.#audience.changed();
          for (const list of LISTS) this.#tell(`notifications/${list}/list_changed`);
        }
      }),
    );
  }

  #announceLists({ serverCapabilities }: Client): void {
    for (const list of LISTS)
      if (serverCapabilities?.[list] !== undefined) this.#tell(`notifications/${list}/list_changed`);
  }

  /** One after the other: however many there are, they do not fill the window that calls need. */
  async #restore(name: string, client: Client, generation: number): Promise<void> {
    const { level, subscriptions } = this.#router;
    const isSame = (): boolean => client.state === 'ready' && client.generation === generation;
    const ask = async (method: string, params: Body): Promise<boolean> => {
      try {
        await client.request(method, params);
        return true;
      } catch (error) {
        // What fails with its session is asked of the next one; what a living one refuses is news.
        if (isSame()) this.#audience.complain(error, `${method} of server ${JSON.stringify(name)}`);
        return false;
      }
    };
    if (level !== null && client.serverCapabilities?.logging !== undefined) await ask('logging/setLevel', { level });
    const wanted = subscriptions.get(name);
    for (const uri of [...(wanted ?? [])]) {
      if (!isSame()) return;
      // What was missed cannot be known: whoever follows it looks again.
      if (wanted?.has(uri) === true && (await ask('resources/subscribe', { uri })))
        this.#tell('notifications/resources/updated', { uri: publicUri(name, uri) });
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
      case 'notifications/tasks/status':
        this.#tokens.heard(server, params);
        break;
      case 'notifications/cancelled':
        // Told where the request it is about is known.
        return;
    }
    this.#tell(method, Object.keys(renamed).length === 0 ? undefined : renamed);
  }
}
