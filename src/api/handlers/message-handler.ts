/** Who hears of the notifications of a server. */
import type { NotificationBody } from '../../protocol/json-rpc.js';
import type { Complaints } from '../complaints.js';

/** A notification of the server, as it came. */
export type ServerNotification = NotificationBody;

/**
 * Methods that are called with notifications, those that are there; an instance of a class will do. Each
 * notification goes to `onMessage`, then to `onNotification`, then to the method for its kind, if it has one.
 */
export interface NotificationHandlers {
  onMessage?(notification: ServerNotification): unknown;
  onNotification?(notification: ServerNotification): unknown;
  /** `notifications/tools/list_changed` */
  onToolListChanged?(notification: ServerNotification): unknown;
  /** `notifications/resources/list_changed` */
  onResourceListChanged?(notification: ServerNotification): unknown;
  /** `notifications/prompts/list_changed` */
  onPromptListChanged?(notification: ServerNotification): unknown;
  /** `notifications/resources/updated` */
  onResourceUpdated?(notification: ServerNotification): unknown;
  /** `notifications/message` */
  onLoggingMessage?(notification: ServerNotification): unknown;
  /** `notifications/progress` */
  onProgress?(notification: ServerNotification): unknown;
  /** `notifications/cancelled` */
  onCancelled?(notification: ServerNotification): unknown;
  /** `notifications/tasks/status` */
  onTaskStatus?(notification: ServerNotification): unknown;
  /** `notifications/elicitation/complete` */
  onElicitationComplete?(notification: ServerNotification): unknown;
}

/**
 * Given every notification of the server, in order: a function, or an object with a method for each kind. It
 * is not awaited; what it throws goes to `onError`.
 */
export type MessageHandler = ((notification: ServerNotification) => unknown) | NotificationHandlers;

const kinds: ReadonlyMap<string, keyof NotificationHandlers> = new Map([
  ['notifications/tools/list_changed', 'onToolListChanged'],
  ['notifications/resources/list_changed', 'onResourceListChanged'],
  ['notifications/prompts/list_changed', 'onPromptListChanged'],
  ['notifications/resources/updated', 'onResourceUpdated'],
  ['notifications/message', 'onLoggingMessage'],
  ['notifications/progress', 'onProgress'],
  ['notifications/cancelled', 'onCancelled'],
  ['notifications/tasks/status', 'onTaskStatus'],
  ['notifications/elicitation/complete', 'onElicitationComplete'],
]);

/** @internal A function, or an object that would hear of something. */
export function isMessageHandler(value: unknown): value is MessageHandler {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const methods = ['onMessage', 'onNotification', ...kinds.values()];
  return methods.some((name) => name in value && typeof value[name as keyof object] === 'function');
}

/** @internal Tells the handler; each of its methods fails for itself. */
export function tellHandler(handler: MessageHandler, notification: ServerNotification, complaints: Complaints): void {
  if (typeof handler === 'function') {
    complaints.run('messageHandler', () => handler(notification));
    return;
  }
  const kind = kinds.get(notification.method);
  const methods = ['onMessage', 'onNotification', ...(kind === undefined ? [] : [kind])] as const;
  for (const name of methods) complaints.run(`messageHandler.${name}`, () => handler[name]?.(notification));
}
