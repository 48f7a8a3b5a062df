/**
 * The handlers of one client: what is set now, what the server of the living session was told of it, and
 * who answers. What was not advertised is not done: the server was told that it is not there.
 */
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { HandlerContext, InboundRequest } from '../../actors/inbound.js';
import type { Answer, PeerError } from '../../protocol/json-rpc.js';
import type { Complaints } from '../complaints.js';
import type { RequestProgress } from '../calls.js';
import { elicit, type ElicitationCapabilities, type ElicitationHandler } from './elicitation.js';
import { isLogShown, logMessageOf, logQuietly, type LogHandler } from './logging.js';
import { tellHandler, type MessageHandler, type ServerNotification } from './message-handler.js';
import { asJson, INTERNAL_ERROR, METHOD_NOT_FOUND, peerErrorOf, Refusal, shortened } from './refusal.js';
import { listRoots, type Roots } from './roots.js';
import { createMessage, type SamplingCapabilities, type SamplingHandler } from './sampling.js';

/** Told how far any request has come that has no `onProgress` of its own. */
export type ProgressHandler = (progress: RequestProgress) => unknown;

/** When a handler that was replaced acts: from the next request of the server on, or from the next handshake on. */
export type Effective = 'now' | 'next session';

/** Extensions of the protocol that a client supports, with the settings of each: names are `prefix/name`. */
export type Extensions = Readonly<Record<string, object>>;

/** The handlers as the options of a client name them. */
export interface HandlerOptions {
  roots?: Roots | undefined;
  samplingHandler?: SamplingHandler | undefined;
  samplingCapabilities?: SamplingCapabilities | undefined;
  elicitationHandler?: ElicitationHandler | undefined;
  elicitationCapabilities?: ElicitationCapabilities | undefined;
  logHandler?: LogHandler | undefined;
  messageHandler?: MessageHandler | undefined;
  progressHandler?: ProgressHandler | undefined;
  /** Beside what the handlers stand for: extensions of the protocol, advertised as given. */
  extensions?: Extensions | undefined;
}

export class Handlers {
  /** As they are now: replaced as they are replaced. */
  readonly current: HandlerOptions;
  readonly #complaints: Complaints;
  readonly #client: string;
  /** What the server of which session was told. */
  #advertised: { readonly generation: number; readonly capabilities: ClientCapabilities } = {
    generation: 0,
    capabilities: {},
  };

  constructor(given: HandlerOptions, complaints: Complaints, client: string) {
    this.current = { ...given };
    this.#complaints = complaints;
    this.#client = client;
  }

  /** For the handshake of a session: what is set now is what its server may ask for. */
  advertise(generation: number): ClientCapabilities {
    const { roots, samplingHandler, samplingCapabilities, elicitationHandler, elicitationCapabilities, extensions } =
      this.current;
    const capabilities: ClientCapabilities = {
      ...(roots === undefined ? {} : { roots: { listChanged: true } }),
      ...(samplingHandler === undefined ? {} : { sampling: samplingCapabilities ?? {} }),
      ...(elicitationHandler === undefined ? {} : { elicitation: elicitationCapabilities ?? { form: {}, url: {} } }),
      ...(extensions === undefined ? {} : { extensions: { ...extensions } }),
    };
    this.#advertised = { generation, capabilities };
    return capabilities;
  }

  /** What the server of this session was told; nothing, before its handshake. */
  advertised(generation: number): ClientCapabilities {
    return this.#advertised.generation === generation ? this.#advertised.capabilities : {};
  }

  /** Neither throws nor rejects. What nobody handles is answered at once. */
  respond(request: InboundRequest, context: HandlerContext): Answer | Promise<Answer> {
    const { roots, samplingHandler, elicitationHandler } = this.current;
    const { roots: hasRoots, sampling, elicitation } = this.advertised(request.generation);
    switch (request.method) {
      case 'roots/list':
        if (roots === undefined || hasRoots === undefined) break;
        return this.#answer('roots', context, () => listRoots(roots, context));
      case 'sampling/createMessage':
        if (samplingHandler === undefined || sampling === undefined) break;
        return this.#answer('samplingHandler', context, () =>
          createMessage(samplingHandler, sampling, request, context),
        );
      case 'elicitation/create':
        if (elicitationHandler === undefined || elicitation === undefined) break;
        return this.#answer('elicitationHandler', context, () =>
          elicit(elicitationHandler, elicitation, request, context),
        );
    }
    return {
      error: { code: METHOD_NOT_FOUND, message: `this client does not handle ${shortened(request.method, 200)}` },
    };
  }

  async #answer(where: string, context: HandlerContext, work: () => Promise<object>): Promise<Answer> {
    try {
      return { result: asJson(where, await work()) };
    } catch (error) {
      return this.#refuse(where, context, error);
    }
  }

  /** What was thrown may be anything: looking at it may throw again. */
  #refuse(where: string, { signal }: HandlerContext, error: unknown): Answer {
    const isComplaint = orElse(true, () => !isServersFault(error) && !isObedience(error, signal));
    if (isComplaint) this.#complaints.tell(error, where);
    const failed: PeerError = { code: INTERNAL_ERROR, message: `${where} failed` };
    return { error: orElse(failed, () => asJson(where, peerErrorOf(error)) as PeerError) };
  }

  /** A notification of the server, in the order it came. */
  notified(notification: ServerNotification): void {
    const { messageHandler } = this.current;
    if (notification.method === 'notifications/message') this.#log(notification);
    if (messageHandler !== undefined) tellHandler(messageHandler, notification, this.#complaints);
  }

  #log(notification: ServerNotification): void {
    const { logHandler } = this.current;
    if (logHandler === undefined && !isLogShown()) return;
    const message = logMessageOf(notification);
    if (logHandler === undefined) {
      if (message !== null) logQuietly(this.#client, message);
    } else if (message === null) this.#complaints.tell(new Error(strangeLog), 'logHandler');
    else this.#complaints.run('logHandler', () => logHandler(message));
  }
}

const strangeLog = 'the server sent a log message that is none of the protocol; it is dropped';

function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

const isServersFault = (error: unknown): boolean => error instanceof Refusal && error.fault === 'server';

/** A handler that stops because it was told to has done nothing wrong, whatever it gives or throws. */
function isObedience(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  if (error === signal.reason || error instanceof Refusal) return true;
  return error instanceof Error && error.name === 'AbortError';
}
