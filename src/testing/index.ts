/// <reference lib="esnext.disposable" preserve="true" />
/** `mcp-actor/testing`: to break servers on purpose, on time that is yours, and to see what comes of it. */
export { checkMachine, type CheckBounds, type CheckOptions, type CheckReport } from './checker/check-machine.js';
export { chartOptionsFor, clientBounds, type ClientBounds } from './checker/client-bounds.js';
export { clientEnvironment } from './checker/client-environment.js';
export { clientInvariants } from './checker/client-invariants.js';
export type { KeyOptions } from './checker/client-key.js';
export type { LivingSession, Run } from './checker/client-session.js';
export type { ClientModel, ClientModelEvent, ClientStep, ClientWorld, Sending } from './checker/client-world.js';
export type {
  Destination,
  Environment,
  Finding,
  Invariant,
  LookAhead,
  MachineEffect,
  ModelEvent,
  ModelState,
  ModelStep,
  Move,
  TimerPassed,
} from './checker/model.js';
export { toLines, toSequenceDiagram, traceOf, type TracedStep, type TraceOptions } from './checker/trace.js';
export type { Violation } from './checker/verdicts.js';
export type {
  CloseFault,
  CreateFault,
  Fault,
  FaultEngine,
  LinkMoment,
  MessageMoment,
  Moment,
  OpenedFault,
  OpenFault,
  ReceiveFault,
  SendFault,
} from './faults/fault.js';
export { faulty, type FaultyOptions } from './faults/faulty.js';
export type { FaultListener } from './faults/plan-engine.js';
export {
  faultPlan,
  parsePlan,
  type FaultEntry,
  type FaultPlan,
  type FaultPredicate,
  type GivenFault,
  type PlannedFault,
} from './faults/plan.js';
export type { FaultName, Place } from './faults/schema.js';
export { matchers, type MatcherResult, type Path, type Settled } from './matchers.js';
export type { ScriptedTool, ScriptedTools } from './scripted-answers.js';
export {
  scriptedServer,
  type ConnectionHook,
  type Script,
  type ScriptedConnection,
  type ScriptedServer,
  type ScriptedServerOptions,
  type Sent,
} from './scripted-server.js';
export type { Violation as SimulationViolation } from './simulator/run.js';
export { simulate, type SimulatedStage, type SimulateOptions, type Simulation } from './simulator/simulate.js';
export { settle, virtualClock, type VirtualClock } from './virtual-clock.js';
export { watch, type Watched } from './watch.js';
export type { WrappedSource } from '../transports/source.js';
