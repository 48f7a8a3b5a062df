/**
 * The requests that the server makes of us, while they are worked on: one entry for each, with the
 * signal that tells whoever works on it to stop. `ping` is not among them: the chart answers it.
 *
 * An answer belongs to the request it was asked with, not to its id: a server that withdraws request
 * 5 and asks a new 5 must not be given the late answer to the old one.
 */
import type { Answer, InboundId } from '../protocol/json-rpc.js';

/** A request of the server. */
export interface InboundRequest {
  readonly generation: number;
  readonly id: InboundId;
  readonly method: string;
  /** Its params, as they came. */
  readonly body: unknown;
}

/** What a handler is told of the request it is asked to answer. */
export interface HandlerContext {
  /**
   * The id of the request: a number or a string, 0 and `''` among them. It is the server's; on a client of
   * several servers, it is the one that this client gave it.
   */
  readonly requestId: string | number;
  readonly method: string;
  /** Aborted when the request is withdrawn, or its server is gone, and when the session is left. */
  readonly signal: AbortSignal;
  /** The session that asks; the n-th of its client, which on a client of several servers is that with all of them. */
  readonly generation: number;
  /** The `_meta` of the request. Its `progressToken` is what `client.progress()` takes. */
  readonly meta: Record<string, unknown> | undefined;
}

interface Work {
  readonly request: InboundRequest;
  readonly controller: AbortController;
}

/** What the table is made with. */
export interface InboundPorts {
  /** How many may be worked on at the same time, those of sessions that have been left among them. */
  readonly limit: number;
  /** Neither throws nor rejects. */
  readonly respond: (request: InboundRequest, context: HandlerContext) => Answer | Promise<Answer>;
  readonly answered: (request: InboundRequest, answer: Answer) => void;
  /** Why the signal is aborted: the server has withdrawn its request. */
  readonly withdrawn: (request: InboundRequest) => unknown;
  /** Why the signal is aborted: the session has been left. */
  readonly left: (request: InboundRequest) => unknown;
}

/** JSON-RPC leaves -32000 to -32099 to implementations. */
const BUSY = -32000;

export class Inbound {
  readonly #ports: InboundPorts;
  /** Those that have no answer yet. Of one generation: there is never more than one session. */
  readonly #asked = new Map<InboundId, Work>();
  /**
   * Those that are worked on: until their handlers are done, also when they were withdrawn, or their session was
   * left. Otherwise a server could start any number, by withdrawing, or by going and coming again.
   */
  readonly #running = new Set<Work>();

  constructor(ports: InboundPorts) {
    this.#ports = ports;
  }

  take(request: InboundRequest): void {
    const { limit, respond, answered } = this.#ports;
    if (this.#running.size >= limit) {
      answered(request, {
        error: { code: BUSY, message: `busy: ${String(limit)} requests are being worked on already` },
      });
      return;
    }
    const work: Work = { request, controller: new AbortController() };
    this.#asked.set(request.id, work);
    this.#running.add(work);
    const answer = respond(request, contextOf(work));
    if (!(answer instanceof Promise)) {
      this.#conclude(work, answer);
      return;
    }
    void answer.then((given) => {
      this.#conclude(work, given);
    });
  }

  #conclude(work: Work, answer: Answer): void {
    this.#running.delete(work);
    // Withdrawn meanwhile, or the session has been left: nobody waits for it.
    if (this.#asked.get(work.request.id) !== work) return;
    this.#asked.delete(work.request.id);
    this.#ports.answered(work.request, answer);
  }

  /** The server does not want the answer any more. */
  withdraw(id: InboundId): void {
    const work = this.#asked.get(id);
    if (work === undefined) return;
    this.#asked.delete(id);
    work.controller.abort(this.#ports.withdrawn(work.request));
  }

  /** The session is left: nothing that is worked on can be answered. */
  leave(): void {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { request, controller } of asked) controller.abort(this.#ports.left(request));
  }
}

function contextOf({ request, controller }: Work): HandlerContext {
  const { id, method, generation, body } = request;
  return { requestId: id, method, generation, signal: controller.signal, meta: metaOf(body) };
}

function metaOf(body: unknown): Record<string, unknown> | undefined {
  if (typeof body !== 'object' || body === null || !('_meta' in body)) return undefined;
  const { _meta } = body;
  return typeof _meta === 'object' && _meta !== null ? (_meta as Record<string, unknown>) : undefined;
}
