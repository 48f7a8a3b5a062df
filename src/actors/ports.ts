/**
 * Where a session finds the world: the ports of a client, by the actor system of its root. Machines
 * are provided once at module load; what differs from client to client is here.
 */
import type { AnyActorScope } from 'xstate';
import type { Clock } from '../protocol/clock.js';
import type { Hello } from '../protocol/handshake.js';
import type { Notification, Received, Request, RequestId } from '../protocol/json-rpc.js';
import type { Link } from '../transports/link.js';

export interface SessionPorts {
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** A fresh link, for one generation. It may throw, reject, or never come. */
  readonly openLink: () => Link | Promise<Link>;
  readonly hello: () => Hello;
  /** Draws the next id of the client. */
  readonly nextId: () => RequestId;
  /** What a request says; undefined when it is settled already. */
  readonly requestOf: (id: RequestId) => Request | undefined;
  readonly notificationOf: (id: RequestId) => Notification | undefined;
  /** Undefined where no request has asked for a task yet. */
  readonly taskRequests: () => TaskRequests | undefined;
}

/** Who knows which requests have asked for a task: these are not cancelled like others. */
export interface TaskRequests {
  /**
   * Nobody waits for these requests any more.
   *
   * @returns those that the server is told of, and those whose answers nobody listens for
   */
  readonly giveUp: (ids: readonly RequestId[]) => {
    readonly cancelled: readonly RequestId[];
    readonly left: readonly RequestId[];
  };
  /** The server says something: it may be the answer to one of them. */
  readonly heard: (message: Received) => void;
  /** There will be no answer. */
  readonly failed: (id: RequestId) => void;
}

type System = AnyActorScope['system'];

const portsBySystem = new WeakMap<System, SessionPorts>();

export function providePorts(system: System, ports: SessionPorts): void {
  portsBySystem.set(system, ports);
}

export function portsOf(system: System): SessionPorts {
  const ports = portsBySystem.get(system);
  if (ports === undefined) throw new Error('a session was started in an actor system that has no ports');
  return ports;
}
