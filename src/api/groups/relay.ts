/**
 * What a server says unasked, when its client is one of several behind another: instead of to the
 * handlers of its own client it goes to whoever stands in front, which has the handlers.
 */
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { Delivery } from '../../machines/client.types.js';
import type { Runtime } from '../runtime.js';

export interface Relay {
  /** What is said in the handshake of what we can do for the server. */
  capabilities(): ClientCapabilities;
  /** Whether it was taken; what is not taken is the client's own. */
  take(delivery: Delivery, generation: number): boolean;
}

const runtimes = new WeakMap<object, Runtime>();

/** Called by the client when it makes its runtime. */
export function registerRuntime(client: object, runtime: Runtime): void {
  runtimes.set(client, runtime);
}

/** The runtime of a client, for the rest of this room. */
export function runtimeOf(client: object): Runtime {
  const runtime = runtimes.get(client);
  if (runtime === undefined) throw new TypeError('not a client of this copy of mcp-actor');
  return runtime;
}

/** Before it connects: what its server says goes there from now on. */
export function registerRelay(client: object, relay: Relay): void {
  runtimeOf(client).relay = relay;
}
