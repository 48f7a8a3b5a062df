/**
 * A user's own SDK `Transport` as a link. Nothing is taken on trust: callbacks are set before
 * `start()` and never chained, a call that throws or rejects is a failure of that message, `onclose`
 * may come never, once, twice, late, or from inside our own call. A call that never settles is
 * outlived by the deadlines of the chart.
 */
import type { Transport } from './transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { configFailure, failure, failureOf, FailureError, type Failure } from '../protocol/failure.js';
import type { Message, RequestId } from '../protocol/json-rpc.js';
import type { Connection, Link, LinkEvents } from './link.js';

const notStarted: Failure = {
  kind: 'connection',
  code: 'start_failed',
  message: 'the transport did not start',
  executed: 'no',
  retryable: true,
};
const notSent: Failure = {
  kind: 'connection',
  code: 'send_failed',
  message: 'the transport did not send it',
  executed: 'maybe',
  retryable: true,
};
const closedByPeer: Failure = {
  kind: 'connection',
  code: 'transport_closed',
  message: 'the transport closed',
  executed: 'maybe',
  retryable: true,
};

const reported = (error: unknown): Failure =>
  failureOf(error, { ...closedByPeer, code: 'transport_error', message: 'the transport had reported an error' });

/** Our messages are the SDK's, but for types that are stricter there than the protocol. */
const asSdk = (message: Message): JSONRPCMessage => message as JSONRPCMessage;

const isRequest = (message: Message): message is Message & { id: RequestId } =>
  'method' in message && 'id' in message && typeof message.id === 'number';

/** A `Transport` object serves one generation. */
const used = new WeakSet<Transport>();

const transportUsed = configFailure(
  'transport_used',
  'a Transport object serves one session, and this one has; pass a function that makes one for each session: new Client(() => new MyTransport(...))',
);

export class ForeignLink implements Link {
  readonly #transport: Transport;
  #events: LinkEvents | null = null;
  #inbox: unknown[] = [];
  #open = false;
  #lost = false;
  #closing = false;
  #lastError: unknown = undefined;

  /** @throws FailureError when the transport has served a session already: that is its contract, not ours. */
  constructor(transport: Transport) {
    if (used.has(transport)) throw new FailureError(transportUsed);
    used.add(transport);
    this.#transport = transport;
  }

  get connection(): Connection | null {
    return this.#open ? { kind: 'custom', sessionId: this.#transport.sessionId ?? null } : null;
  }

  open(events: LinkEvents): void {
    this.#events = events;
    const transport = this.#transport;
    transport.onmessage = (message) => {
      this.#collect(message);
    };
    transport.onerror = (error) => {
      this.#lastError = error;
    };
    transport.onclose = () => {
      if (this.#closing) this.#finish();
      else this.#lose(failure(closedByPeer, this.#lastError));
    };
    const failed = (error: unknown): void => {
      this.#lose(failureOf(error, notStarted));
    };
    const started = (): void => {
      // Closed, or given up, while it was starting.
      if (this.#lost || this.#closing) return;
      this.#open = true;
      this.#events?.opened();
    };
    attempt(() => transport.start(), started, failed);
  }

  /** What one tick brings is one chunk: a transport hands messages over one by one. */
  #collect(message: unknown): void {
    if (this.#inbox.push(message) === 1) {
      queueMicrotask(() => {
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    if (this.#inbox.length === 0) return;
    const messages = this.#inbox;
    this.#inbox = [];
    this.#events?.received(messages);
  }

  #lose(reason: Failure): void {
    if (this.#lost || this.#closing) return;
    // A result that has arrived wins over the death noticed after it (I7).
    this.#deliver();
    this.#lost = true;
    this.#events?.lost(reason, false);
  }

  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    let pending = messages.length;
    let refusal: Failure | null = null;
    const settle = (): void => {
      pending -= 1;
      if (pending === 0) accepted?.(refusal);
    };
    const done = accepted === undefined ? undefined : settle;
    for (const message of messages) {
      attempt(
        () => this.#transport.send(asSdk(message)),
        done,
        (error) => {
          refusal ??= failureOf(error, notSent);
          if (isRequest(message) && !this.#closing) this.#failRequest(message.id, error);
          settle();
        },
      );
    }
  }

  #failRequest(id: RequestId, error: unknown): void {
    // The SDK's HTTP transport rejects with the status; 404 with a session id means it is forgotten.
    const isForgotten = statusOf(error) === 404 && this.#transport.sessionId !== undefined;
    const reason = failureOf(error, isForgotten ? { ...notSent, executed: 'no', status: 404 } : notSent);
    if (isForgotten && !this.#lost) {
      this.#deliver();
      this.#lost = true;
      this.#events?.lost(reason, true);
    }
    this.#events?.requestFailed(id, reason, isForgotten);
  }

  abandon(): void {
    // The contract of a `Transport` has no word for it.
  }

  negotiated(protocolVersion: string): void {
    this.#transport.setProtocolVersion?.(protocolVersion);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    const finish = (): void => {
      this.#finish();
    };
    attempt(() => this.#transport.close(), finish, finish);
  }

  #finish(): void {
    const events = this.#events;
    this.#silence();
    events?.ended(this.#lastError === undefined ? null : reported(this.#lastError));
  }

  kill(): void {
    this.#silence();
    if (this.#closing) return;
    this.#closing = true;
    attempt(() => this.#transport.close(), ignore, ignore);
  }

  #silence(): void {
    this.#events = null;
    this.#inbox = [];
    this.#open = false;
    this.#transport.onmessage = ignore;
    this.#transport.onerror = ignore;
    this.#transport.onclose = ignore;
  }
}

const ignore = (): void => undefined;

/** Runs a call of the user's that may throw, reject, or return something that is no promise. */
function attempt(call: () => Promise<void>, done: (() => void) | undefined, failed: (error: unknown) => void): void {
  let result: Promise<void> | undefined;
  try {
    result = call();
  } catch (error) {
    failed(error);
    return;
  }
  if (result instanceof Promise) result.then(done, failed);
  else Promise.resolve(result).then(done, failed);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}
