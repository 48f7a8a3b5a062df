/**
 * Suspicion: something was refused, and one `ping` on a new socket finds out what it meant. However
 * many refusals there are, there is one ping at a time; whoever suspects meanwhile shares what it finds.
 */
import type { Failure } from '../../protocol/failure.js';
import { courtesyOf } from './courtesy.js';
import { Post, type PostOwner } from './post.js';
import { answers, isError, sessionExpired, type Verdict } from './verdict.js';

export type Finding =
  /** It answers, and if it was asked in a session, it knows the session. */
  | { readonly kind: 'alive' }
  /** It answers, but our session is no more. */
  | { readonly kind: 'gone'; readonly failure: Failure }
  | { readonly kind: 'unreachable'; readonly failure: Failure };

export interface SuspicionHost extends Pick<PostOwner, 'clock' | 'limits' | 'endpoint' | 'received'> {
  /** A probe begins. */
  suspected(failure: Failure): void;
  found(finding: Finding): void;
}

/** A server that takes the connection and then says nothing is there, if not well: its requests have deadlines. */
const PATIENCE = 10_000;

const METHOD_NOT_FOUND = -32_601;

const alive: Finding = { kind: 'alive' };

export class Suspicion {
  readonly #host: SuspicionHost;
  readonly #waiting: ((finding: Finding) => void)[] = [];
  #probe: Post | null = null;
  #probes = 0;
  #timer: unknown = null;
  #stopped = false;

  constructor(host: SuspicionHost) {
    this.#host = host;
  }

  /** `found` is told after the host has drawn its conclusion. */
  raise(failure: Failure, found?: (finding: Finding) => void): void {
    if (this.#stopped) return;
    if (found !== undefined) this.#waiting.push(found);
    if (this.#probe !== null) return;
    this.#host.suspected(failure);
    this.#ask();
  }

  /** It came out without the ping. */
  overtake(finding: Finding): void {
    this.#end();
    this.#tell(finding);
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
    this.#end();
  }

  #ask(): void {
    if (this.#stopped) return;
    this.#probes += 1;
    // A string: no request of the client has such an id, whatever comes of this one.
    const id = `mcp-actor-probe-${String(this.#probes)}`;
    const { endpoint, clock } = this.#host;
    const ping = { jsonrpc: '2.0', id, method: 'ping' } as const;
    const probe = new Probe(this.#owner(id), endpoint.to(id), courtesyOf(ping));
    this.#probe = probe;
    this.#timer = clock.setTimeout(() => {
      this.#lapse(probe);
    }, PATIENCE);
    endpoint.prepare(
      'POST',
      JSON.stringify(ping),
      (request) => {
        probe.enter(endpoint.control, request);
      },
      // Without headers it cannot be asked; that is no fault of the server's.
      () => {
        probe.abort();
        this.#conclude(probe, alive);
      },
    );
  }

  #owner(id: string): PostOwner {
    const host = this.#host;
    return {
      clock: host.clock,
      limits: host.limits,
      endpoint: host.endpoint,
      accepted: (probe) => {
        this.#conclude(probe, alive);
        return null;
      },
      received: (messages) => {
        const others = messages.filter((message) => !answers(message, id));
        if (others.length > 0) host.received(others);
      },
      concluded: (probe, verdict) => {
        this.#conclude(probe, findingOf(verdict, probe.to.where));
      },
    };
  }

  /** Was it the connection that took so long, the answer, or the wait for a wire of ours? */
  #lapse(probe: Post): void {
    const unreachable = probe.running && !probe.started;
    probe.abort();
    this.#conclude(probe, unreachable ? { kind: 'unreachable', failure: silent(probe.to.where) } : alive);
  }

  #conclude(probe: Post, finding: Finding): void {
    if (this.#probe !== probe) return;
    this.#clearTimer();
    this.#probe = null;
    // Its answer may be a stream, and nobody knows when that ends.
    probe.relinquish();
    this.#host.found(finding);
    this.#tell(finding);
  }

  #tell(finding: Finding): void {
    for (const found of this.#waiting.splice(0)) found(finding);
  }

  #end(): void {
    this.#clearTimer();
    this.#probe?.abort();
    this.#probe = null;
  }

  #clearTimer(): void {
    this.#host.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

class Probe extends Post {
  override readonly fresh = true;
}

function findingOf(verdict: Verdict | null, where: string): Finding {
  switch (verdict?.kind) {
    case 'unreachable':
      return { kind: 'unreachable', failure: verdict.failure };
    case 'gone':
      return { kind: 'gone', failure: verdict.failure };
    case 'doubtful':
      // It has read the ping, and knows no such method.
      if (isError(verdict.message, METHOD_NOT_FOUND)) return alive;
      // A ping has nothing else that could be wrong with it.
      return { kind: 'gone', failure: sessionExpired(verdict.failure, where) };
    case 'failed':
    // It wants to be shown who we are, or left in peace: it is there.
    case 'challenged':
    case 'busy':
    case 'answered':
    case undefined:
      return alive;
  }
}

const silent = (where: string): Failure => ({
  kind: 'connection',
  code: 'connect_timeout',
  message: `no connection to ${where} came about in ${String(PATIENCE / 1_000)} s`,
  executed: 'no',
  retryable: true,
});
