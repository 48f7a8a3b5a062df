/** The requests of the server, between the chart, which counts them, and the handlers, which answer them. */
import { Inbound, type InboundRequest } from '../../actors/inbound.js';
import type { ClientSnapshot } from '../../machines/index.js';
import type { Failure } from '../../protocol/failure.js';
import { errorOf } from '../error-of.js';
import type { Runtime } from '../runtime.js';
import { pathOf } from '../snapshot.js';

const withdrawn: Failure = {
  kind: 'aborted',
  code: 'withdrawn',
  message: 'it was withdrawn: by the server, or because the server that asked is gone',
  executed: 'no',
  retryable: false,
};

const left: Failure = {
  kind: 'closed',
  code: 'closed',
  message: 'the session was closed',
  executed: 'no',
  retryable: false,
};

/** States of a session in which an answer still reaches the server. */
const ANSWERING = /^(initializing|ready|closing\.draining)/;

/** @internal */
export class ServerRequests {
  readonly #runtime: Runtime;
  /** Made for the first request: most servers ask nothing. */
  #inbound: Inbound | null = null;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  take(request: InboundRequest): void {
    this.#inbound ??= this.#open();
    this.#inbound.take(request);
  }

  withdraw(id: string | number): void {
    this.#inbound?.withdraw(id);
  }

  #open(): Inbound {
    const runtime = this.#runtime;
    const inbound = new Inbound({
      limit: runtime.options.limits.inbound,
      respond: (request, context) => runtime.handlers.respond(request, context),
      answered: ({ id, generation }, answer) => {
        runtime.send({ type: 'inbound.answered', generation, id, answer });
      },
      withdrawn: (request) => reasonOf(runtime, request, withdrawn),
      left: (request) => reasonOf(runtime, request, runtime.snapshot.context.closing?.failure ?? left),
    });
    runtime.observation.onChange(() => {
      if (!isAnswering(runtime.snapshot)) inbound.leave();
    });
    return inbound;
  }
}

const isAnswering = ({ status, value }: ClientSnapshot): boolean =>
  status === 'active' && ANSWERING.test(pathOf(value));

function reasonOf(runtime: Runtime, { method, id }: InboundRequest, because: Failure): Error {
  const what = `${method} (request ${JSON.stringify(id)} of the server)`;
  return errorOf(because, { state: runtime.state, client: runtime.label, what, isNoRequest: true });
}
