/** A request of the client in front, brought to the server it is for, and its answer brought back. */
import { failure, FailureError } from '../../protocol/failure.js';
import type { Request } from '../../protocol/json-rpc.js';
import type { Client } from '../client.js';
import { McpError } from '../errors.js';
import { innerFailure } from './inner-failures.js';
import {
  merged,
  mergedByName,
  promptList,
  resourceList,
  taskList,
  templateList,
  toolList,
  type Listing,
} from './merged-lists.js';
import { NameRoutes } from './name-routes.js';
import { GroupError } from './peer-errors.js';
import { publicContent } from './public-content.js';
import { ownUri } from './resource-uris.js';
import type { Shares } from './shares.js';
import { ownTaskId, publicTaskId, withTaskIds } from './task-ids.js';
import { taskOf, type ProgressTokens } from './progress-tokens.js';
import type { Terms } from './terms.js';

type Body = Readonly<Record<string, unknown>>;

export interface RouterPorts {
  /** Whether the caller of this request would rather have it fail than wait. */
  readonly isUrgent: (id: Request['id']) => boolean;
  /** What the caller of this request has said of it, and the config of its server. */
  readonly termsOf: (server: string, id: Request['id']) => Terms;
  readonly complain: Listing['complain'];
}

const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

export class Router {
  readonly names: NameRoutes;
  /** The level that was last asked for: a server that comes later is told too. */
  level: string | null = null;
  /** What is subscribed to, by server: a new session of its knows nothing of it. */
  readonly subscriptions = new Map<string, Set<string>>();
  /** The servers that a list had to do without, since credentials are being got for them. */
  readonly missed = new Set<string>();
  readonly #shares: Shares;
  readonly #tokens: ProgressTokens;
  readonly #ports: RouterPorts;

  constructor(shares: Shares, tokens: ProgressTokens, ports: RouterPorts) {
    this.#shares = shares;
    this.#tokens = tokens;
    this.#ports = ports;
    this.names = new NameRoutes(shares);
  }

  /** @throws McpError or GroupError for an answer that is an error, FailureError for none */
  async answer(request: Request, signal: AbortSignal): Promise<object> {
    const { params = {} } = request;
    const isUrgent = this.#ports.isUrgent(request.id);
    const to = (server: string, own: Body): Promise<Body> => this.#forward(server, request, own, signal);
    const listing = (): Listing => {
      if (params['cursor'] !== undefined)
        throw new GroupError({
          code: INVALID_PARAMS,
          message: `${request.method}: the lists of several servers come as one page, so there is no cursor to go on from`,
        });
      return { shares: this.#shares, signal, missed: this.missed, complain: this.#ports.complain };
    };
    switch (request.method) {
      case 'ping':
        return {};
      case 'tools/list':
        return mergedByName('tool', toolList, listing());
      case 'prompts/list':
        return mergedByName('prompt', promptList, listing());
      case 'resources/list':
        return merged(resourceList, listing());
      case 'resources/templates/list':
        return merged(templateList, listing());
      case 'tasks/list':
        return merged(taskList, listing());
      case 'tools/call': {
        const { server, name } = await this.names.ownerOf('tool', String(params['name']), isUrgent);
        return publicContent(server, await to(server, { ...params, name }));
      }
      case 'prompts/get': {
        const { server, name } = await this.names.ownerOf('prompt', String(params['name']), isUrgent);
        return publicContent(server, await to(server, { ...params, name }));
      }
      case 'resources/read': {
        const { server, uri } = this.#resource(params['uri']);
        return publicContent(server, await to(server, { ...params, uri }));
      }
      case 'resources/subscribe':
      case 'resources/unsubscribe': {
        const { server, uri } = this.#resource(params['uri']);
        const result = await to(server, { ...params, uri });
        this.#noteSubscription(request.method === 'resources/subscribe', server, uri);
        return result;
      }
      case 'completion/complete':
        return this.#complete(params, isUrgent, to);
      case 'logging/setLevel':
        return this.#setLevel(params, to);
      case 'tasks/get':
      case 'tasks/result':
      case 'tasks/cancel': {
        const task = ownTaskId(String(params['taskId']), this.#shares.clients.keys());
        if (task === null)
          throw new GroupError({ code: INVALID_PARAMS, message: `no server has a task ${String(params['taskId'])}` });
        return this.#ofTask(request.method, task, await to(task.server, { ...params, taskId: task.id }));
      }
      default:
        throw new GroupError({
          code: METHOD_NOT_FOUND,
          message: `${request.method} says nothing of which of ${String(this.#shares.clients.size)} servers it is for; make the call on a client of that server, of a ClientGroup`,
        });
    }
  }

  /** The deadline of the call runs in front; the server may have a shorter one, by its config. */
  async #forward(server: string, { id, method }: Request, own: Body, signal: AbortSignal): Promise<Body> {
    const { _meta: given, ...params } = own;
    const { progressToken, ...meta } = isBody(given) ? given : {};
    const terms = this.#ports.termsOf(server, id);
    const sent: { id?: number } = {};
    let task: string | null = null;
    try {
      const client = await this.#reach(server, terms);
      const result = await client.request<Body>(method, params, {
        ...terms,
        signal,
        ...(Object.keys(meta).length === 0 ? {} : { meta }),
        ...(progressToken === undefined ? {} : { onProgress: () => undefined }),
        onStart: ({ requestId }) => {
          sent.id = requestId;
          if (progressToken !== undefined) this.#tokens.asked(server, requestId, id);
        },
      });
      task = taskOf(params, result);
      return withTaskIds(result, (own) => publicTaskId(server, own));
    } catch (error) {
      if (error instanceof McpError || error instanceof FailureError) throw error;
      throw new FailureError(innerFailure(server, error));
    } finally {
      if (sent.id !== undefined) this.#tokens.answered(server, sent.id, task);
    }
  }

  /** What is answered about a task; its result is that of the tool or the prompt that it was made of. */
  #ofTask(method: string, { server, id }: { server: string; id: string }, result: Body): Body {
    if (method !== 'tasks/result') {
      this.#tokens.heard(server, { ...result, taskId: id });
      return result;
    }
    this.#tokens.ended(server, id);
    return publicContent(server, result);
  }

  /** A server that cannot be had has done nothing of what it was to be asked. */
  async #reach(server: string, { failFast }: Terms): Promise<Client> {
    try {
      return await this.#shares.reach(server, failFast);
    } catch (error) {
      const reason = innerFailure(server, error);
      throw new FailureError(failure({ ...reason, executed: 'no', because: reason }));
    }
  }

  #resource(uri: unknown): { server: string; uri: string } {
    const own = ownUri(String(uri), this.#shares.clients.keys());
    if (own !== null) return own;
    throw this.#shares.unknown(`${JSON.stringify(uri)} names no server; a resource is called scheme://server/...`);
  }

  #noteSubscription(isWanted: boolean, server: string, uri: string): void {
    const subscribed = this.subscriptions.get(server) ?? new Set();
    this.subscriptions.set(server, subscribed);
    if (isWanted) subscribed.add(uri);
    else subscribed.delete(uri);
  }

  async #complete(params: Body, isUrgent: boolean, to: (server: string, own: Body) => Promise<Body>): Promise<Body> {
    const { ref } = params;
    if (isBody(ref) && ref['type'] === 'ref/prompt') {
      const { server, name } = await this.names.ownerOf('prompt', String(ref['name']), isUrgent);
      return to(server, { ...params, ref: { ...ref, name } });
    }
    const { server, uri } = this.#resource(isBody(ref) ? ref['uri'] : ref);
    return to(server, { ...params, ref: { ...(isBody(ref) ? ref : {}), uri } });
  }

  async #setLevel(params: Body, to: (server: string, own: Body) => Promise<Body>): Promise<Body> {
    const logging = [...this.#shares.up()].filter(([, { client }]) => client.serverCapabilities?.logging !== undefined);
    if (logging.length === 0) throw new GroupError({ code: METHOD_NOT_FOUND, message: 'none of the servers logs' });
    this.level = String(params['level']);
    const told = await Promise.allSettled(logging.map(([name]) => to(name, params)));
    const failed = told.filter((one) => one.status === 'rejected');
    if (failed[0] !== undefined && failed.length === told.length) throw failed[0].reason;
    for (const { reason } of failed) this.#ports.complain(reason, 'logging/setLevel');
    return {};
  }
}
