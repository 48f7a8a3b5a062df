/** A run as people read it: one line per step, or a Mermaid sequence diagram. */
import type { AnyStateMachine } from 'xstate';
import type { CheckOptions } from './check-machine.js';
import type { MachineEffect, ModelEvent } from './model.js';
import { Model } from './model-step.js';
import { leafOf } from './stepper.js';

/** One step of a run, in words. */
export interface TracedStep {
  readonly speaker: string;
  readonly event: string;
  readonly effects: readonly MachineEffect[];
  /** The leaf state that it led to; what was thrown, where something was. */
  readonly state: string;
}

/** What following a run takes. */
export type TraceOptions<M extends AnyStateMachine, World> = Pick<
  CheckOptions<M, World>,
  'input' | 'environment' | 'invariants'
>;

/**
 * Follows a run from the start, and says what every step did.
 *
 * @param machine the machine that was checked
 * @param events the `trace` of a violation
 * @param options as they were for the check
 * @example
 * ```ts
 * import { chartOptionsFor, clientBounds, clientEnvironment, traceOf } from 'mcp-actor/testing';
 * import { clientLogic } from 'mcp-actor/machines';
 *
 * const steps = traceOf(clientLogic, [{ type: 'lease.acquired', id: 1 }], {
 *   input: { options: chartOptionsFor(clientBounds) },
 *   environment: clientEnvironment(),
 *   invariants: [],
 * });
 * console.log(steps[0]?.state); // connecting.opening
 * ```
 */
export function traceOf<M extends AnyStateMachine, World>(
  machine: M,
  events: readonly ModelEvent<M>[],
  options: TraceOptions<M, World>,
): TracedStep[] {
  const model = new Model(machine, options);
  const speakerOf = options.environment.speaker ?? (() => 'world');
  const steps: TracedStep[] = [];
  let state = model.start();
  for (const event of events) {
    const said = { speaker: speakerOf(event), event: wordsOf(event) };
    try {
      const step = model.take(state, event);
      state = step.after;
      const broken = options.invariants.flatMap(({ name, inStep }) => {
        const message = inStep?.(step) ?? null;
        return message === null ? [] : [` (${name}: ${message})`];
      });
      const leaf = leafOf((state.snapshot as { value: string }).value);
      steps.push({ ...said, effects: step.effects, state: leaf + broken.join('') });
    } catch (error) {
      steps.push({ ...said, effects: [], state: `threw ${String(error)}` });
      break;
    }
  }
  return steps;
}

/**
 * A run as text, one line per step: who said what, what the machine did, and where it is now.
 *
 * @param steps what `traceOf` gives
 * @example
 * ```ts
 * import { toLines } from 'mcp-actor/testing';
 *
 * const step = { speaker: 'caller', event: 'open', effects: [], state: 'ajar' };
 * console.log(toLines([step])); // 1 caller: open  -> ajar
 * ```
 */
export const toLines = (steps: readonly TracedStep[]): string =>
  steps
    .map(({ speaker, event, effects, state }, index) => {
      const lines = effects.map((effect) => `       ${effectWords(effect)}`);
      return [`${String(index + 1).padStart(4)} ${speaker}: ${event}  -> ${state}`, ...lines].join('\n');
    })
    .join('\n');

/**
 * A run as a Mermaid sequence diagram.
 *
 * @param steps what `traceOf` gives
 * @example
 * ```ts
 * import { toSequenceDiagram } from 'mcp-actor/testing';
 *
 * console.log(toSequenceDiagram([])); // sequenceDiagram …
 * ```
 */
export function toSequenceDiagram(steps: readonly TracedStep[]): string {
  const speakers = [...new Set(steps.map(({ speaker }) => speaker))];
  const lines = steps.flatMap(({ speaker, event, effects, state }) => [
    `${speaker}->>chart: ${plain(event)}`,
    ...effects.map((effect) => `chart->>${hearerOf(effect, speakers)}: ${plain(effectWords(effect))}`),
    `Note over chart: ${plain(state)}`,
  ]);
  const participants = [...speakers.filter((speaker) => speaker !== 'chart'), 'chart'];
  return ['sequenceDiagram', ...participants.map((name) => `participant ${name}`), ...lines].join('\n  ') + '\n';
}

function hearerOf(effect: MachineEffect, speakers: readonly string[]): string {
  if (effect.kind === 'sent' || effect.kind === 'spawned' || effect.kind === 'stopped') return 'session';
  if (effect.kind === 'emitted') return speakers.find((speaker) => speaker === 'caller') ?? 'chart';
  return 'chart';
}

function effectWords(effect: MachineEffect): string {
  switch (effect.kind) {
    case 'emitted':
      return `tells ${wordsOf(effect.event)}`;
    case 'sent':
      return `asks ${effect.to}: ${wordsOf(effect.event)}`;
    case 'spawned':
    case 'stopped':
      return `${effect.kind} ${effect.actor}`;
    case 'armed':
      return `arms ${effect.timer} in ${effect.delay} ms`;
    case 'disarmed':
      return `disarms ${effect.timer}`;
    case 'ran':
      return effect.action;
  }
}

/** An event with what tells it apart: ids and kinds, no bodies. */
function wordsOf(event: { readonly type: string }): string {
  const { type, ...rest } = event;
  const details = JSON.stringify(rest, (key, value: unknown) =>
    key === 'body' || key === 'result' ? undefined : value,
  );
  return details === '{}' ? type : `${type} ${details}`;
}

/** Mermaid ends a message at a semicolon, and reads `#` as the start of an entity. */
const plain = (text: string): string => text.replaceAll(/[;#]/g, ',').slice(0, 160);
