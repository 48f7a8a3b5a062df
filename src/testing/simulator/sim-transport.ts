/**
 * One connection of a simulated server, as the SDK `Transport` a user might hand in: every call of it
 * may throw, reject, answer late or never, and close at any moment, from inside our own call too.
 */
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Transport } from '../../transports/transport.js';
import { FaultError } from './fault-desk.js';
import type { SimServer } from './sim-server.js';
import { describe } from './wire-message.js';

const never = (): Promise<void> => new Promise(() => undefined);

export class SimTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly sessionId?: string;
  readonly nth: number;
  /** The session of the client it was made for. */
  readonly generation: number;
  readonly #server: SimServer;
  /** Nothing that is sent arrives, and nothing that arrives is said. */
  silent = false;
  /** The peer is gone. */
  gone = false;
  expired = false;
  started = false;
  /** The client has asked it to close. */
  closing = false;
  /** It has answered to that. */
  closed = false;

  constructor(server: SimServer, nth: number, generation: number, hasSessionId: boolean) {
    this.#server = server;
    this.generation = generation;
    this.nth = nth;
    if (hasSessionId) this.sessionId = `session-${String(nth)}`;
  }

  get inward(): string {
    return `${this.#server.name}.${String(this.nth)} in`;
  }

  get outward(): string {
    return `${this.#server.name}.${String(this.nth)} out`;
  }

  start(): Promise<void> {
    this.started = true;
    const { faults } = this.#server;
    this.#server.started(this);
    // It went while somebody had to log in first.
    if (this.gone) return this.#later('started too late', faults.error('peer exits'));
    if (faults.strikes('start throws')) throw faults.error('start throws');
    if (faults.strikes('start rejects')) return this.#later('start rejects', faults.error('start rejects'));
    if (faults.strikes('start hangs')) return never();
    if (faults.strikes('closed while starting')) {
      this.die(null);
      return this.#later('start, though closed', null);
    }
    if (faults.strikes('start late')) return this.#later('start late', null, this.#server.longDelay());
    return this.#server.world.choices.chance(0.5, 'start takes time')
      ? this.#later('started', null)
      : Promise.resolve();
  }

  /** A promise that is settled by the world. */
  #later(label: string, error: Error | null, delay = this.#server.delay()): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.world.post(`${this.outward} ${label}`, delay, label, () => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const server = this.#server;
    const { faults } = server;
    const isInitialize = 'method' in message && message.method === 'initialize';
    const isToolCall = 'method' in message && message.method === 'tools/call';
    const isInitialized = 'method' in message && message.method === 'notifications/initialized';
    this.expired ||= this.sessionId !== undefined && !isInitialize && server.forgets(isToolCall);
    if (this.expired) {
      server.wrote(this, message, 'refused');
      const refusal = new FaultError('session expired', 404);
      // Each on a connection of its own: they need not come in the order of what is refused.
      return this.#later(`refused ${describe(message)}`, refusal);
    }
    if (isInitialized && faults.strikes('initialized not sent')) {
      server.wrote(this, message, 'lost');
      return this.#later('initialized not sent', faults.error('initialized not sent'));
    }
    if (faults.strikes('send throws')) {
      server.wrote(this, message, 'lost');
      throw faults.error('send throws');
    }
    if (faults.strikes('send rejects', 2)) {
      server.wrote(this, message, 'lost');
      return this.#later('send rejects', faults.error('send rejects'));
    }
    if (faults.strikes('closed while sending')) {
      server.wrote(this, message, 'lost');
      this.die(null);
      return never();
    }
    server.wrote(this, message, 'sent');
    server.carry(this, message);
    // Who leaves a call behind is not there any more when it fails: that has to be seen as often as the rest.
    if (faults.strikes('sent, and rejects', server.isFarewell ? 10 : 2)) {
      const isSoon = server.isFarewell || server.world.choices.chance(0.5, 'soon');
      const delay = isSoon ? server.delay() : server.longDelay();
      return this.#later('sent, and rejects', faults.error('sent, and rejects'), delay);
    }
    if (faults.strikes('send hangs')) return never();
    if (faults.strikes('send late')) return this.#later('send late', null, server.longDelay());
    return Promise.resolve();
  }

  /** Messages arrive at the client, in one chunk. */
  deliver(messages: readonly object[]): void {
    if (this.silent || this.gone || this.closed) return;
    for (const message of messages) {
      this.#server.delivers(this, message);
      this.onmessage?.({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
    }
  }

  /** The peer goes, with an error or without. */
  die(error: Error | null): void {
    if (this.gone || this.closed) return;
    this.gone = true;
    this.#server.world.drop(this.inward);
    if (error !== null) this.onerror?.(error);
    this.#server.died(this, error);
    this.onclose?.();
  }

  close(): Promise<void> {
    const server = this.#server;
    const { faults } = server;
    this.closing = true;
    if (faults.strikes('close throws')) {
      this.#finish();
      throw faults.error('close throws');
    }
    if (faults.strikes('close rejects')) {
      this.#finish();
      return Promise.reject(faults.error('close rejects'));
    }
    if (faults.strikes('close hangs')) return never();
    if (faults.strikes('close late')) return this.#closeIn(server.longDelay());
    if (server.world.choices.chance(0.3, 'close takes time')) return this.#closeIn(server.delay());
    this.#finish();
    if (faults.strikes('close told twice')) {
      this.onclose?.();
      this.onclose?.();
    }
    return Promise.resolve();
  }

  #closeIn(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.#server.world.post(`${this.outward} close`, delay, 'closed', () => {
        this.#finish();
        resolve();
      });
    });
  }

  #finish(): void {
    this.closed = true;
    this.#server.world.drop(this.inward);
  }
}
