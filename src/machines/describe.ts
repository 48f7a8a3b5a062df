/**
 * A machine as plain data: what every drawing, table and checker of a chart reads instead of
 * XState's own state nodes. Everything is in document order and nothing depends on time or chance,
 * so that the same machine always gives the same bytes.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { actionWords, eventWords, guardWords, isTimerBookkeeping, type Referenced } from './words.js';

/** A statechart, whole. */
export interface ChartDescription {
  /** The id of the machine. */
  readonly id: string;
  /** Every state; the first is the chart itself, whose path is `''`. */
  readonly states: readonly ChartState[];
  /** Every transition, by source and, within one source, in the order in which guards are asked. */
  readonly transitions: readonly ChartTransition[];
}

/** One state. Its path is unique in its chart: `connecting.backoff`. */
export interface ChartState {
  readonly path: string;
  /** The last part of the path; for the chart itself, its id. */
  readonly name: string;
  /** The path of the state around it; null for the chart itself. */
  readonly parent: string | null;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** The path of the substate that it starts in; null where there is none to choose. */
  readonly initial: string | null;
  /** What the author says about it; null where nothing was said. */
  readonly description: string | null;
  readonly tags: readonly string[];
  /** Names of actions, in their order. */
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Names of the actors that live for as long as the state does. */
  readonly invokes: readonly string[];
}

/** One way to react to one event. */
export interface ChartTransition {
  /** The path of the state that reacts. */
  readonly source: string;
  /** The event as XState knows it: `xstate.after.backoff.client.connecting.backoff`, or `''`. */
  readonly event: string;
  /** The event as a reader knows it: `after backoff`, or `always`. */
  readonly label: string;
  /** Paths of the states that it leads to; none for one that stays. */
  readonly targets: readonly string[];
  /** Its condition, in words; null when it has none. */
  readonly guard: string | null;
  /** It has no condition because its siblings for the same event, asked before it, have theirs. */
  readonly otherwise: boolean;
  /** Names of actions, in their order. */
  readonly actions: readonly string[];
  /** Whether a source that contains the target is left and entered again. */
  readonly reenter: boolean;
  /** It leads nowhere: the chart reacts and stays where it is. */
  readonly internal: boolean;
}

/**
 * Describes a machine.
 *
 * @throws TypeError where an action or a guard has no name; the message says in which state.
 */
export function describe(machine: AnyStateMachine): ChartDescription {
  const nodes = inDocumentOrder(machine.root);
  return {
    id: machine.id,
    states: nodes.map((node) => located(node, describeState)),
    transitions: nodes.flatMap((node) => located(node, describeTransitions)),
  };
}

function inDocumentOrder(node: AnyStateNode): AnyStateNode[] {
  return [node, ...childrenOf(node).flatMap(inDocumentOrder)];
}

const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states);

const pathOf = (node: AnyStateNode): string => node.path.join('.');

/** Words are asked for deep inside; only here is it known which state is to blame. */
function located<T>(node: AnyStateNode, work: (node: AnyStateNode) => T): T {
  try {
    return work(node);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`In state "${node.id}": ${error.message}`, { cause: error });
  }
}

function describeState(node: AnyStateNode): ChartState {
  return {
    path: pathOf(node),
    name: node.key,
    parent: node.parent === undefined ? null : pathOf(node.parent),
    type: node.type,
    initial: initialOf(node),
    description: node.description ?? null,
    tags: [...node.tags],
    entry: actionsOf(node.entry),
    exit: actionsOf(node.exit),
    invokes: node.invoke.map(({ src, id }) => (typeof src === 'string' ? src : id)),
  };
}

function initialOf(node: AnyStateNode): string | null {
  if (node.type !== 'compound') return null;
  const [target] = targetsOf(node.initial.target);
  return target ?? null;
}

function describeTransitions(node: AnyStateNode): ChartTransition[] {
  const byEvent = new Map(node.transitions);
  byEvent.set('', node.always ?? []);
  return [...byEvent].flatMap(([event, candidates]) =>
    candidates.map((candidate, asked): ChartTransition => {
      const targets = targetsOf(candidate.target);
      const guard = candidate.guard === undefined ? null : guardWords(candidate.guard);
      return {
        source: pathOf(node),
        event,
        label: eventWords(event, node.id),
        targets,
        guard,
        otherwise: guard === null && asked > 0,
        actions: actionsOf(candidate.actions),
        reenter: candidate.reenter,
        internal: targets.length === 0,
      };
    }),
  );
}

const targetsOf = (targets: readonly AnyStateNode[] | undefined): string[] => (targets ?? []).map(pathOf);

function actionsOf(actions: readonly unknown[]): string[] {
  return (actions as readonly Referenced[]).filter((action) => !isTimerBookkeeping(action)).map(actionWords);
}
