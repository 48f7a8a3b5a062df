/**
 * One connection of an event stream that is asked for with GET: the one that the server may use when it
 * is asked nothing, or what is left of the stream of a request.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Limits } from '../../protocol/limits.js';
import type { Endpoint } from './endpoint.js';
import { Exchange } from './exchange.js';
import { broken, encoded, isUnconnected, isUnreachable, noConnection, streamEnded, tooLarge } from './failures.js';
import { contentType } from './headers.js';
import type { Lane } from './lane.js';
import type { StreamPosition } from './position.js';
import type { TurnedDownStream } from './refusals.js';
import { refusalOf, type StreamEnd } from './reopening.js';
import { EventStream } from './stream.js';
import type { Tries } from './tries.js';
import type { HttpRequest } from './wire.js';

export interface ListeningHost {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  /** Other credentials would help. False where none can be got. */
  turnedDown?(stream: TurnedDownStream): boolean;
}

/** Whom a connection tells what comes of it. */
export interface Listener {
  /** The server has opened it. */
  opened(): void;
  /** Not told of what an earlier connection of the stream has brought. */
  received(messages: readonly unknown[]): void;
  /** Told once, and nothing after it. */
  over(end: StreamEnd): void;
}

export class Listening extends Exchange {
  readonly #host: ListeningHost;
  readonly #position: StreamPosition;
  readonly #listener: Listener;
  #stream: EventStream | null = null;
  #token: string | null = null;

  constructor(host: ListeningHost, position: StreamPosition, listener: Listener) {
    // What goes on held a socket before others that wait for one now, and they may wait for what it brings.
    super(host.clock, true);
    this.#host = host;
    this.#position = position;
    this.#listener = listener;
  }

  override enter(lane: Lane, request: HttpRequest): void {
    const { header } = this.#position;
    // Of what was prepared last, which is this request.
    this.#token = this.#host.endpoint.headers.token;
    super.enter(
      lane,
      header === null ? request : { ...request, headers: [...request.headers, 'last-event-id', header] },
    );
  }

  protected head(status: number, headers: IncomingHttpHeaders): void {
    const { endpoint, limits } = this.#host;
    const { where, inSession } = endpoint;
    if (status !== 200 || contentType(headers) !== 'text/event-stream') {
      this.#giveUp({ ...refusalOf(status, headers, inSession, where), token: this.#token });
      return;
    }
    const encoding = endpoint.unreadable(headers);
    if (encoding !== null) {
      this.#giveUp({ what: 'none', failure: encoded(where, encoding, status) });
      return;
    }
    this.#stream = new EventStream(limits, undefined, this.#position);
    this.#listener.opened();
  }

  protected data(chunk: Buffer): void {
    const stream = this.#stream;
    if (stream === null) return;
    const messages = stream.read(chunk);
    if (messages.length > 0) this.#listener.received(messages);
    if (!stream.tooLarge || this.over) return;
    this.#position.pass();
    const { endpoint, limits } = this.#host;
    this.#giveUp({ what: 'too_large', failure: tooLarge(endpoint.where, limits.messageBytes) });
  }

  protected end(): void {
    const { where } = this.#host.endpoint;
    this.#listener.over({ what: 'ended', failure: streamEnded(where, this.#stream?.noise ?? false) });
  }

  protected fail(error: Error): void {
    const { where } = this.#host.endpoint;
    if (!isUnconnected(error, this.started)) {
      this.#listener.over({ what: 'ended', failure: broken(error, where, this.#stream !== null) });
      return;
    }
    const failure = noConnection(error, where);
    this.#listener.over({ what: isUnreachable(failure) ? 'unreachable' : 'ended', failure });
  }

  #giveUp(end: StreamEnd): void {
    this.abort();
    this.#listener.over(end);
  }
}

/** Asks for other credentials where they would help: `ready` is told when the stream may be asked for again. */
export function reauthorized(
  host: ListeningHost,
  { demand, token = null, failure }: StreamEnd,
  tries: Tries,
  ready: (failure: Failure | null) => void,
): boolean {
  if (demand === undefined || host.turnedDown === undefined) return false;
  return host.turnedDown({ demand, token, failure, tries, settled: ready });
}
