/** A mutant is the client machine with one thing broken on purpose: a checker that misses it proves nothing. */
import {
  behindTheSeam,
  clientMachine,
  type ChartOptions,
  type ClientContext,
  type ClientEvent,
  type ClientMachine,
  type Seam,
} from '../../src/machines/index.js';
import type { ClientBounds } from '../../src/testing/checker/client-bounds.js';
import type { Step } from '../../src/machines/client.types.js';
import { perform } from '../../src/machines/perform.js';

export interface Mutant {
  readonly name: string;
  /** The invariant that it violates first. */
  readonly caughtBy: string;
  /** Ready to run, and to be given a session actor with `provide`: it keeps its seam. */
  readonly logic: ClientMachine;
  /** What it takes to show; default: what ships. */
  readonly options?: Partial<ChartOptions>;
  /** The world that it shows in; default: several small ones in which nobody wants credentials and all is heard. */
  readonly bounds?: ClientBounds;
  /** Whether the real client can run it and come to notice. */
  readonly inClient: boolean;
}

export type Changes = Parameters<ClientMachine['provide']>[0];
export type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

/** A short cut past actions that differ would hide the difference. */
export function broken(machine: ClientMachine, seam: Partial<Seam> = {}): ClientMachine {
  const provide = (changes: Changes): ClientMachine => broken(machine.provide(changes), seam);
  return Object.assign(behindTheSeam(machine, { takeHot: null, ...seam }), { provide });
}

/** One in which the changed parts are provided. */
export const mutant = (
  name: string,
  caughtBy: string,
  changes: Changes,
  more: Partial<Pick<Mutant, 'options' | 'inClient'>> = {},
): Mutant => ({ name, caughtBy, logic: broken(clientMachine.provide(changes)), inClient: true, ...more });

export const nothing = perform((): Step => ({}));

/** A step whose outcome is changed. */
export const but = <E extends ClientEvent>(
  step: (context: ClientContext, event: E) => Step,
  change: (done: Step, context: ClientContext, event: E) => Step,
): ReturnType<typeof perform> =>
  perform((context: ClientContext, event: E) => change(step(context, event), context, event));

/** A step that is taken in another context than there is. */
export const mistaking = (
  step: (context: ClientContext, event: never) => Step,
  mistake: (context: ClientContext) => Partial<ClientContext>,
): ReturnType<typeof perform> =>
  perform((context: ClientContext, event: never) => step({ ...context, ...mistake(context) }, event));

/** The same with limits other than those that were set. */
export const unlimited = (
  step: (context: ClientContext, event: never) => Step,
  limits: Partial<ChartOptions>,
): ReturnType<typeof perform> => mistaking(step, ({ options }) => ({ options: { ...options, ...limits } }));
