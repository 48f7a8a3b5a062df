/** `mcp-actor/machines`: the charts, as they run. */
export { actorOf, type ClientActor } from './actor-of.js';
export { clientMachine } from './client.machine.js';
export type { SessionInput } from './client.setup.js';
export { ignoredEvents } from './ignored-events.js';
export { eventTypes, legalTransitions, type LeafState, type LegalTransition } from './legal-transitions.js';
export {
  behindTheSeam,
  clientLogic,
  observeSteps,
  type ClientMachine,
  type ClientSnapshot,
  type Seam,
  type StepObserver,
} from './logic.js';
export { start, step, type StepEffect, type Stepped, type TimerEvent } from './step.js';
export type * from './client.types.js';
