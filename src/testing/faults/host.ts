/** What both directions of a faulty link need of the link itself. */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { LinkEvents } from '../../transports/link.js';
import type { Authorization, Challenged, Later } from './authorization.js';
import type { Deafened, Deafness } from './deafness.js';
import type { Fault, FaultEngine } from './fault.js';

export type FaultNamed<Name extends Fault['fault']> = Extract<Fault, { readonly fault: Name }>;

export interface FaultHost extends Challenged, Deafened {
  readonly clock: Clock;
  readonly engine: FaultEngine;
  readonly generation: number;
  /** Who listens above; null when nothing may be told any more. */
  readonly events: LinkEvents | null;
  /** What the link died of; null while it lives. `answering`: what was asked may still be answered. */
  readonly loss: { readonly failure: Failure; readonly answering: boolean } | null;
  /** Half-open: nothing is carried, and nothing is told. */
  readonly silent: boolean;
  readonly authorization: Authorization;
  readonly deafness: Deafness;
  readonly later: Later;

  /** The engine's answer; where it throws, the link is lost by it. */
  decide<F>(ask: (engine: FaultEngine) => F | null): F | null;
  lose(failure: Failure, answering: boolean): void;
  fallSilent(): void;
  suspect(fault: FaultNamed<'suspect'>): void;
  inject(fault: FaultNamed<'inject'>): void;
}
