/**
 * A link to several servers at once: it speaks the protocol to the chart of the client in front, and
 * has a client of its own behind it for each server. So what holds for one server holds for all of
 * them: leases, the queue, deadlines, cancelling and closing are those of the client in front; losing
 * a session and getting another is the matter of the one server that it happens to.
 */
import type { ClientCapabilities, InitializeResult } from '@modelcontextprotocol/sdk/types.js';
import type { Delivery } from '../../machines/client.types.js';
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { InboundId, Message, Request } from '../../protocol/json-rpc.js';
import { LATEST_PROTOCOL_VERSION } from '../../protocol/sdk.js';
import type { Connection, Link, LinkEvents } from '../../transports/link.js';
import { InboundRoutes } from './inbound-routes.js';
import { allFailed, ownFailure, tellOfMissing } from './inner-failures.js';
import type { Members } from './members.js';
import { mergedHandshake } from './merged-handshake.js';
import { ProgressTokens } from './progress-tokens.js';
import { runtimeOf } from './relay.js';
import { GroupError, peerErrorOf } from './peer-errors.js';
import { Router, type RouterPorts } from './router.js';
import { ServerNotices } from './server-notices.js';
import { Shares } from './shares.js';

export interface CompositePorts extends RouterPorts {
  readonly clock: Clock;
  /** What the leases on the servers are called. */
  readonly label: string;
  /** What the servers can do now, since one has come or gone; false when there is nobody yet to be told. */
  readonly renegotiated: (handshake: InitializeResult) => boolean;
  /** Milliseconds for the first attempts: with those that are up by then it goes on. */
  readonly budget: number;
}

type Body = Readonly<Record<string, unknown>>;

/** Milliseconds that the handshake in front waits for a server that hangs, since another one came up or failed. */
const GRACE = 500;

export class CompositeLink implements Link {
  readonly #members: Members;
  readonly #ports: CompositePorts;
  readonly #inbound = new InboundRoutes();
  readonly #tokens = new ProgressTokens();
  readonly #running = new Map<Request['id'], AbortController>();
  #events: LinkEvents | null = null;
  #isOpen = false;
  #isEnding = false;
  #shares: Shares | null = null;
  #router: Router | null = null;
  #notices: ServerNotices | null = null;
  #toClient: unknown[] = [];
  #budgetTimer: unknown = null;
  #version = LATEST_PROTOCOL_VERSION;
  /** A server has come or gone before the client in front could be told. */
  #isOutdated = false;
  /** What we can do for the servers, as the handshake of the client in front has said it. */
  capabilities: ClientCapabilities = {};

  constructor(members: Members, ports: CompositePorts) {
    this.#members = members;
    this.#ports = ports;
  }

  get connection(): Connection | null {
    return this.#isOpen ? { kind: 'servers', names: [...this.#members.clients.keys()] } : null;
  }

  open(events: LinkEvents): void {
    this.#events = events;
    queueMicrotask(() => {
      if (this.#events === null || this.#isEnding) return;
      this.#isOpen = true;
      this.#events.opened();
    });
  }

  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    for (const message of messages) this.#take(message);
    accepted?.(null);
    // From here on there is somebody who can be told, as soon as the chart is done.
    if (this.#isOutdated) queueMicrotask(() => this.#renegotiate());
  }

  #take(message: Message): void {
    if (!('method' in message)) {
      const { id, ...answer } = message;
      this.#inbound.answer(id, 'result' in answer ? { result: answer.result } : { error: answer.error });
      return;
    }
    if (!('id' in message)) this.#broadcast(message.method, message.params ?? {});
    else if (message.method === 'initialize')
      this.#shakeHands(message).catch((error: unknown) => {
        this.#events?.lost(ownFailure(error), false);
      });
    else void this.#answer(message);
  }

  /** What the client in front tells its server, it tells all of them; but some of it is about one. */
  #broadcast(method: string, params: Body): void {
    if (method === 'notifications/initialized') return;
    if (method === 'notifications/cancelled') {
      this.#abort(params['requestId'] as Request['id']);
      return;
    }
    const about = method === 'notifications/progress' ? InboundRoutes.tokenOf(params['progressToken']) : null;
    for (const [name, { client }] of this.#shares?.up() ?? []) {
      if (about !== null && about.server !== name) continue;
      // A server that has no session just now has nobody to tell.
      client.notify(method, about === null ? params : { ...params, progressToken: about.token }).catch(() => undefined);
    }
  }

  async #shakeHands({ id, params = {} }: Request): Promise<void> {
    this.capabilities = params['capabilities'] ?? {};
    const shares = new Shares(this.#members, this.#ports.label, this.#ports.clock);
    this.#shares = shares;
    this.#router = new Router(shares, this.#tokens, this.#ports);
    // Before there is a session: a server may have something to say at once.
    this.#notices = new ServerNotices(this.#router, this.#tokens, {
      emit: (message) => {
        this.#emit(message);
      },
      lost: (server) => {
        for (const ours of this.#inbound.withdrawAll(server)) this.#takeBack(ours);
      },
      changed: () => {
        this.#renegotiate();
      },
      complain: this.#ports.complain,
    });
    await this.#firstAttempts(shares);
    if (this.#events === null || this.#isEnding) return;
    const up = shares.up();
    if (up.size === 0) {
      this.#events.lost(allFailed(shares), false);
      return;
    }
    tellOfMissing(shares, this.#ports.complain);
    this.#notices.start(this.#members);
    const asked = params['protocolVersion'];
    if (typeof asked === 'string') this.#version = asked;
    this.#emit({ jsonrpc: '2.0', id, result: this.#handshake() ?? mergedHandshake(new Map(), this.#version) });
  }

  /** Of the servers that have a session, or are getting another one; null where there are none. */
  #handshake(): InitializeResult | null {
    const known = [...this.#members.clients].filter(([, { serverCapabilities }]) => serverCapabilities !== null);
    return known.length === 0 ? null : mergedHandshake(new Map(known), this.#version);
  }

  /** The client in front asks only for what the servers can do: it has to know of those that come late. */
  #renegotiate(): void {
    if (this.#events === null || this.#isEnding) return;
    const handshake = this.#handshake();
    // While all of them are away, what they could do is as good a guess as any.
    if (handshake !== null) this.#isOutdated = !this.#ports.renegotiated(handshake);
  }

  /** All of them but those that hang, or as many as come in time; if none has by then, whichever is the first. */
  async #firstAttempts(shares: Shares): Promise<void> {
    const { clock, budget } = this.#ports;
    const late = new Promise<void>((resolve) => {
      this.#budgetTimer = clock.setTimeout(resolve, budget);
    });
    await Promise.race([shares.gathered(GRACE), late]);
    this.#forgetBudget();
    if (shares.up().size === 0) await shares.someone();
  }

  #forgetBudget(): void {
    this.#ports.clock.clearTimeout(this.#budgetTimer);
    this.#budgetTimer = null;
  }

  async #answer(request: Request): Promise<void> {
    const controller = new AbortController();
    this.#running.set(request.id, controller);
    const { id } = request;
    try {
      const result = await this.#resultOf(request, controller.signal);
      if (this.#running.delete(id)) this.#emit({ jsonrpc: '2.0', id, result });
    } catch (error) {
      if (!this.#running.delete(id)) return;
      const peer = peerErrorOf(error);
      if (peer !== null) this.#emit({ jsonrpc: '2.0', id, error: peer });
      else this.#fail(id, ownFailure(error));
    }
  }

  /** Before the handshake there is nobody behind us yet, and a ping is all that may be asked. */
  async #resultOf(request: Request, signal: AbortSignal): Promise<object> {
    if (this.#router !== null) return this.#router.answer(request, signal);
    if (request.method === 'ping') return {};
    throw new GroupError({ code: -32_002, message: 'there was no handshake' });
  }

  #fail(id: Request['id'], reason: Failure): void {
    // What went before it is told before it.
    this.#flush();
    if (typeof id === 'number') this.#events?.requestFailed(id, reason, false);
  }

  abandon(ids: readonly number[]): void {
    for (const id of ids) this.#abort(id);
  }

  #abort(id: Request['id']): void {
    const controller = this.#running.get(id);
    this.#running.delete(id);
    controller?.abort('the caller has taken it back');
  }

  /** A session that is only kept, and used by nobody, keeps no process alive; nor do those behind it. */
  hold(held: boolean): void {
    // A session that ends is held too: to be seen to its end, not to be begun anew.
    if (this.#isEnding) return;
    if (held) this.#shares?.renew();
    else void this.#shares?.release();
  }

  negotiated(): void {
    // Each server has settled on a revision of its own.
  }

  /** What a server says unasked; false when it is not for the client in front. */
  take(server: string, delivery: Delivery, generation: number): boolean {
    switch (delivery.kind) {
      case 'notification':
        this.#notices?.take(server, delivery.body);
        return true;
      case 'inbound': {
        const { id, method, body } = delivery;
        const client = this.#members.clients.get(server);
        const answer = (given: Parameters<InboundRoutes['answer']>[1]): void => {
          if (client !== undefined) runtimeOf(client).send({ type: 'inbound.answered', generation, id, answer: given });
        };
        this.#emit(this.#inbound.ask({ server, generation, id, answer }, method, body));
        return true;
      }
      case 'withdrawn': {
        const ours = this.#inbound.withdraw(server, generation, delivery.id);
        if (ours !== null) this.#takeBack(ours);
        return true;
      }
      default:
        return false;
    }
  }

  /** Nobody waits for the answer to that question any more. */
  #takeBack(id: InboundId): void {
    this.#emit({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  }

  /** Together, and never inside the stack of whoever said it. */
  #emit(message: object): void {
    if (this.#events !== null && this.#toClient.push(message) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#toClient;
    this.#toClient = [];
    if (messages.length > 0) this.#events?.received(messages);
  }

  close(within: number): void {
    const isFirst = !this.#isEnding;
    this.#isEnding = true;
    this.#shares?.end();
    const closed = this.#members.close({ drain: 0, timeout: within });
    if (!isFirst) return;
    void closed.then(() => {
      const events = this.#events;
      this.#leave();
      events?.ended(null);
    });
  }

  kill(): void {
    if (this.#events === null && this.#isEnding) return;
    this.#isEnding = true;
    this.#leave();
    void this.#members.close({ drain: 0, timeout: 0 });
  }

  #leave(): void {
    this.#events = null;
    this.#isOpen = false;
    this.#shares?.end();
    this.#notices?.stop();
    this.#forgetBudget();
    for (const id of [...this.#running.keys()]) this.#abort(id);
  }
}
