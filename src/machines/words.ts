/**
 * The words of a chart. A chart is read by people, so whatever XState holds an action, a guard or
 * an event as comes out as the name a reader can search the source for. What has no name cannot be
 * read, and is refused.
 */

/** What XState may hold an action or a guard as: a name, a `{ type }`, or a function made by it or by us. */
export type Referenced = string | { readonly type: string } | ((...args: never[]) => unknown);

/** The properties XState hangs on the functions that its own action and guard creators return. */
interface Creator {
  readonly name: string;
  readonly type?: string;
  readonly event?: unknown;
  readonly to?: unknown;
  readonly src?: unknown;
  readonly actorRef?: unknown;
  readonly sendId?: unknown;
  readonly guards?: readonly Referenced[];
  readonly stateValue?: unknown;
}

const AFTER = 'xstate.after.';
const DONE_STATE = 'xstate.done.state.';
const ACTOR = /^xstate\.(done|error|snapshot)\.actor\.(.+)$/;

/**
 * An action in words: `admit`, `send session.close to session`, `spawn session`.
 *
 * @throws TypeError for an inline function, which has no words.
 */
export function actionWords(action: Referenced): string {
  if (typeof action === 'string') return action;
  if (typeof action !== 'function') return action.type;
  const creator: Creator = action;
  switch (creator.type) {
    case 'xstate.raise':
      return `raise ${eventOf(creator.event)}`;
    case 'xstate.emit':
      return `emit ${eventOf(creator.event)}`;
    case 'xstate.sendTo':
      return `send ${eventOf(creator.event)} to ${actorOf(creator.to)}`;
    case 'xstate.spawnChild':
      return `spawn ${actorOf(creator.src)}`;
    case 'xstate.stopChild':
      return `stop ${actorOf(creator.actorRef)}`;
    case 'xstate.cancel':
      return `cancel ${actorOf(creator.sendId)}`;
    default:
      throw unnamed('action');
  }
}

/**
 * A guard in words: `isLastLease`, `not isLastLease`, `(a or b) and c`.
 *
 * @throws TypeError for an inline function, which has no words.
 */
export function guardWords(guard: Referenced): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard !== 'function') return guard.type;
  const creator: Creator = guard;
  if (creator.stateValue !== undefined) return `in ${stateValueWords(creator.stateValue)}`;
  const parts = (creator.guards ?? []).map(guardWords);
  const [first = ''] = parts;
  if (creator.name.startsWith('not') && parts.length === 1) return `not ${bracketed(first)}`;
  if (creator.name.startsWith('and') && parts.length > 0) return parts.map(bracketed).join(' and ');
  if (creator.name.startsWith('or') && parts.length > 0) return parts.map(bracketed).join(' or ');
  throw unnamed('guard');
}

/**
 * An event in words. Events of ours are words already; those that XState makes up are not:
 * `xstate.after.backoff.client.connecting` is `after backoff`, the eventless `''` is `always`.
 *
 * @param type the descriptor as XState knows it.
 * @param source the id of the state node that handles it, which XState appends to a timer's event.
 */
export function eventWords(type: string, source: string): string {
  if (type === '') return 'always';
  if (type === '*') return 'any other event';
  if (type.startsWith(AFTER)) {
    const delay = type.slice(AFTER.length, -(source.length + 1));
    return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
  }
  if (type.startsWith(DONE_STATE)) return 'done';
  const [, verb, actor] = ACTOR.exec(type) ?? [];
  return verb === undefined || actor === undefined ? type : `${verb} of ${actor}`;
}

/** Whether this is one of the actions that XState adds to a state to arm and disarm its `after` timers. */
export function isTimerBookkeeping(action: Referenced): boolean {
  if (typeof action !== 'function') return false;
  const { type, event, sendId }: Creator = action;
  if (type === 'xstate.cancel') return typeof sendId === 'string' && sendId.startsWith(AFTER);
  return type === 'xstate.raise' && eventOf(event).startsWith(AFTER);
}

function unnamed(what: 'action' | 'guard'): TypeError {
  const subject = what === 'action' ? 'An action' : 'A guard';
  return new TypeError(`${subject} written inline has no name to show: give it one in setup({ ${what}s }).`);
}

/** The type of a static event; an event that is computed has none that could be known here. */
function eventOf(event: unknown): string {
  const type: unknown = typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined;
  return typeof type === 'string' ? type : 'an event';
}

const actorOf = (reference: unknown): string => (typeof reference === 'string' ? reference : 'an actor');

const bracketed = (words: string): string => (/ (and|or) /.test(words) ? `(${words})` : words);

function stateValueWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value).replace(/^#/, '');
  return Object.entries(value)
    .map(([key, child]) => `${key}.${stateValueWords(child)}`)
    .join(' and ');
}
