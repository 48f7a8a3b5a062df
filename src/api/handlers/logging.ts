/** What a server logs to us (server/utilities/logging). */
import { debuglog, inspect } from 'node:util';
import { LoggingMessageNotificationParamsSchema } from '../../protocol/sdk.js';
import type { LoggingLevel } from '../operations.js';
import type { ServerNotification } from './message-handler.js';

/** One message of a server's log. */
export interface LogMessage {
  readonly level: LoggingLevel;
  /** Which part of the server speaks, if it says so. */
  readonly logger: string | undefined;
  /** A text, or any JSON value. */
  readonly data: unknown;
}

/** Given every message of the server's log, in order. It is not awaited; what it throws goes to `onError`. */
export type LogHandler = (message: LogMessage) => unknown;

/** @internal null for what is no log message of the protocol. */
export function logMessageOf({ params }: ServerNotification): LogMessage | null {
  const parsed = LoggingMessageNotificationParamsSchema.safeParse(params);
  if (!parsed.success) return null;
  const { level, logger, data } = parsed.data;
  return { level, logger, data };
}

/** Eight levels of RFC 5424 as the five that most loggers have. */
const commonLevels: Readonly<Record<LoggingLevel, string>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warning',
  error: 'error',
  critical: 'critical',
  alert: 'critical',
  emergency: 'critical',
};

/** Control characters and reversed writing, which a terminal would obey. */
const OBEYED = /[\p{Cc}\p{Cf}]/gu;
const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** @internal One line, safe to show: the text is the server's. */
export function lineOf(client: string, { level, logger, data }: LogMessage): string {
  const who = logger === undefined ? client : `${client}, ${logger}`;
  const text = typeof data === 'string' ? data : inspect(data, { breakLength: Infinity, depth: 4 });
  return `${commonLevels[level]}: ${who}: ${text}`.replace(OBEYED, escaped);
}

const log = debuglog('mcp-actor');

/** @internal */
export const isLogShown = (): boolean => log.enabled;

/** @internal The log of a server of whose messages nobody asked: shown with `NODE_DEBUG=mcp-actor`. */
export function logQuietly(client: string, message: LogMessage): void {
  log('%s', lineOf(client, message));
}
