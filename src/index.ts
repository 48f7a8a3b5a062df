/// <reference lib="esnext.disposable" preserve="true" />
/** `mcp-actor`: an MCP client whose lifecycle is a statechart. */
export { Client, type InFlightRequest } from './api/client.js';
export type { CallOptions, Progress } from './api/calls.js';
export {
  AuthorizationError,
  ClosedError,
  ConfigError,
  ConnectionError,
  InvalidResponseError,
  LimitError,
  McpActorError,
  McpError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
  ToolError,
  UnsupportedError,
  type ClientState,
  type ErrorFacts,
} from './api/errors.js';
export type { InspectionEvent, Inspector } from './api/inspection.js';
export type { LeaseInfo } from './api/lease-table.js';
export { Lease } from './api/lease.js';
export type { CloseOptions, ConnectOptions, WaitOptions } from './api/lifecycle.js';
export type { Transition, Transitions } from './api/observation.js';
export type { CallToolOptions, LoggingLevel } from './api/operations.js';
export type {
  ClientOptions,
  ErrorListener,
  MessageHandler,
  ReconnectOptions,
  ServerNotification,
} from './api/options.js';
export type { Arguments, PageOptions, RawOperations } from './api/raw.js';
export type { Completion, PromptResult, StandardSchema, ToolResult } from './api/results.js';
export type { SnapshotRecord } from './api/snapshot.js';
export type { ClosingReason, LeaseRecord, RequestRecord } from './machines/client.types.js';
export type { Clock } from './protocol/clock.js';
export type { Failure, FailureKind } from './protocol/failure.js';
export type { Negotiated } from './protocol/handshake.js';
export type { Limits } from './protocol/limits.js';
export type { ServerConfig } from './transports/config.js';
export type { Connection } from './transports/link.js';
export type { ConnectableServer } from './transports/memory.js';
export type { Transport } from './transports/transport.js';
export type { HeadersSource, Source, SourceFunction, SourceResult, StdioServer } from './transports/source.js';
