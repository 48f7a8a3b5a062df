/**
 * What the chart makes of a server that wants to be shown who we are, and of one that cannot be heard
 * unasked: while credentials are being got nothing new goes out, who waits for them learns what
 * came of it, and what is shown is what was told. The books are kept from the events alone.
 */
import { pathOf } from '../../api/snapshot.js';
import type { ClientContext, ClientEvent, ClientSnapshot, Settlement } from '../../machines/index.js';
import type { Failure } from '../../protocol/failure.js';
import type { Coverage } from './coverage.js';

/** How often one session may be turned down before it is ready. */
const CHALLENGES = 3;

/** Where a session that is there may be turned down, and goes on. */
const serves = /^(ready|initializing\.waiting)/;

export class AuthorizationLog {
  readonly #coverage: Coverage;
  #challenge: Failure | null = null;
  #isDeaf = false;
  /** Of the session that is not ready yet. */
  #challenges = 0;
  #generation = 0;
  #denial: Failure | null = null;

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
  }

  /** Credentials are being got. */
  get isPending(): boolean {
    return this.#challenge !== null;
  }

  /** @returns what is wrong with this step, in words; null when nothing is */
  follow(before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot, words: string): string | null {
    const from = pathOf(before.value);
    const to = pathOf(after.value);
    if (after.context.generation !== this.#generation) {
      this.#generation = after.context.generation;
      this.#challenges = 0;
    }
    this.#denial = null;
    this.#note(from, event, to, before.context);
    if (to !== 'connecting.authorizing' && !serves.test(to)) this.#challenge = null;
    if (!to.startsWith('ready')) this.#isDeaf = false;
    return (
      this.#tooSoon(before.context, after.context) ??
      this.#unexplained(words, from, event, after.context) ??
      this.#misshown(to, after.context)
    );
  }

  #note(from: string, event: ClientEvent, to: string, { requests, sent }: ClientContext): void {
    const seen = (condition: Parameters<Coverage['sometimes']>[0]): void => {
      this.#coverage.sometimes(condition);
    };
    const queued = requests.size - sent;
    switch (event.type) {
      case 'session.challenged':
        if (serves.test(from) || to === 'connecting.authorizing') this.#challenge = event.failure;
        if (to === 'connecting.authorizing' && from !== to) this.#challenges += 1;
        if (from === 'initializing.waiting') seen('ping turned down before the handshake');
        return;
      case 'session.authorized':
        if (serves.test(from) && queued > 0 && this.isPending) seen('authorized with a queue');
        if (from === 'closing.draining') seen('authorized while draining');
        this.#challenge = null;
        return;
      case 'session.denied':
        if (serves.test(from)) this.#denial = event.failure;
        if (serves.test(from) && queued > 0) seen('denied with a queue');
        if (from === 'closing.draining') seen('denied while draining');
        this.#challenge = null;
        return;
      case 'session.degraded':
        if (from.startsWith('ready')) this.#isDeaf = true;
        if (from === 'ready.idle') seen('unheard while idle');
        return;
      case 'session.restored':
        if (from === 'ready.idle') seen('heard again while idle');
        this.#isDeaf = false;
        return;
      case 'session.lost':
        if (from === 'ready.degraded') seen('unheard, then lost');
        if (from.startsWith('ready') && this.isPending) seen('lost while authorizing');
        return;
      case 'lease.released':
        if (from === 'connecting.authorizing') seen('lease released while authorizing');
        return;
      case 'request.aborted':
        if (from.startsWith('ready') && this.isPending && requests.get(event.id)?.status === 'sent')
          seen('turned down, and aborted');
        return;
      default:
    }
  }

  /** Nothing goes out that was not asked for by name: a request that is sent now was sent before. */
  #tooSoon(before: ClientContext, after: ClientContext): string | null {
    if (!this.isPending || after.sent === 0) return null;
    for (const { id, status } of after.requests.values()) {
      if (status === 'sent' && before.requests.get(id)?.status !== 'sent')
        return `I8: request ${String(id)} was sent while the server wants to be shown who we are`;
    }
    return null;
  }

  #unexplained(
    words: string,
    from: string,
    event: ClientEvent,
    { closing, requests, sent }: ClientContext,
  ): string | null {
    if (this.#challenges > CHALLENGES)
      return `L2: credentials were got ${String(this.#challenges)} times before the session was ready`;
    if (this.#denial !== null && requests.size > sent) return 'I1: credentials were denied, and who waits is not told';
    if (words === 'after authTimeout' && closing?.failure?.because === undefined)
      return 'I10: nobody was authorized, and the failure does not say what was turned down';
    // One that closes anyway had its reason before.
    const isNew = !from.startsWith('closing') && closing?.reason === 'failed';
    if (event.type === 'session.challenged' && isNew && this.#challenges < CHALLENGES)
      return `L2: a session was given up when it was challenged, and credentials were got ${String(this.#challenges)} times only`;
    if (event.type === 'session.denied' && isNew && closing.failure !== event.failure)
      return 'I10: credentials were denied, and the failure is another';
    return null;
  }

  #misshown(path: string, { deaf, authorizing }: ClientContext): string | null {
    if ((deaf !== null) !== this.#isDeaf)
      return `I5: what the server says unasked ${this.#isDeaf ? 'is not' : 'is'} heard, and the chart says otherwise`;
    if ((authorizing !== null) !== this.isPending)
      return `I5: credentials are ${this.isPending ? '' : 'not '}being got, and the chart says otherwise`;
    return path === (this.#isDeaf ? 'ready.leased' : 'ready.degraded')
      ? `I5: it is ${path}, and the stream of what the server says unasked is ${this.#isDeaf ? 'gone' : 'there'}`
      : null;
  }

  /** Who waited for credentials learns why there are none. */
  told(settlements: readonly Settlement[]): string | null {
    const denial = this.#denial;
    const other = settlements.find(
      (settlement) => denial !== null && (settlement.kind !== 'failure' || settlement.failure.code !== denial.code),
    );
    return other === undefined
      ? null
      : `I10: request ${String(other.id)} was denied credentials, and is told otherwise`;
  }
}
