/// <reference lib="esnext.disposable" preserve="true" />
/** `mcp-actor`: an MCP client whose lifecycle is a statechart. */
export { Client, type InFlightRequest } from './api/client.js';
export { clientCredentials, crossAppAccess, fileStore, memoryStore, oauth, privateKeyJwt } from './api/auth.js';
export { addServer, mergeConfig, readConfig, writeConfig, type ReadConfigOptions } from './api/config-files.js';
export type { CallOptions, Progress, RequestProgress } from './api/calls.js';
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
export {
  accept,
  cancel,
  decline,
  type ElicitationAnswer,
  type ElicitationCapabilities,
  type ElicitationContent,
  type ElicitationHandler,
  type ElicitationParams,
  type ElicitationValue,
} from './api/handlers/elicitation.js';
export type { Effective, Extensions, ProgressHandler } from './api/handlers/handlers.js';
export type { LogHandler, LogMessage } from './api/handlers/logging.js';
export type { MessageHandler, NotificationHandlers, ServerNotification } from './api/handlers/message-handler.js';
export type { Roots, RootsList } from './api/handlers/roots.js';
export type { SamplingAnswer, SamplingCapabilities, SamplingHandler, SamplingParams } from './api/handlers/sampling.js';
export { ClientGroup, type GroupTool } from './api/groups/group.js';
export { GroupLease } from './api/groups/group-lease.js';
export type { GroupServer } from './api/groups/entries.js';
export type { ServerStatus } from './api/groups/members.js';
export { several, type SeveralServers } from './api/groups/several.js';
export type { InspectionEvent, Inspector } from './api/inspection.js';
export type { LeaseInfo } from './api/lease-table.js';
export { Lease } from './api/lease.js';
export type { CloseOptions, ConnectOptions, WaitOptions } from './api/lifecycle.js';
export type { ListChangedHandler, ListChangedOptions } from './api/list-changed.js';
export type { Transition, Transitions } from './api/observation.js';
export type { CallToolOptions, LoggingLevel } from './api/operations.js';
export type { ClientOptions, ErrorListener, ReconnectOptions } from './api/options.js';
export type { Arguments, PageOptions, RawOperations } from './api/raw.js';
export { fingerprintOf, type ToolDefinition } from './api/fingerprint.js';
export type { ToolResultOptions } from './api/output/tool-results.js';
export type { ListOptions } from './api/pages.js';
export type { Completion, ListedTool, PromptResult, StandardSchema, ToolResult } from './api/results.js';
export type { VersionOptions } from './api/version.js';
export type { ResourceUpdate, ResourceUpdates, ResourceUpdatesOptions } from './api/resource-updates.js';
export type { AsTask, GetTaskOptions, NoTask } from './api/tasks/desk.js';
export type { TaskState, TaskStatus } from './api/tasks/status.js';
export { PromptTask, ResourceTask, Task, ToolTask, type TaskRequest, type TaskWaitOptions } from './api/tasks/task.js';
export type { SnapshotRecord } from './api/snapshot.js';
export { fastmcpRun, node, npx, python, sse, uv, uvx, type SseOptions } from './api/sources.js';
export type { HandlerContext } from './actors/inbound.js';
export type { ClosingReason, LeaseRecord, RequestRecord } from './machines/client.types.js';
export type { Clock } from './protocol/clock.js';
export type { Failure, FailureKind } from './protocol/failure.js';
export type { Negotiated } from './protocol/handshake.js';
export type { Limits } from './protocol/limits.js';
export type {
  AuthFlow,
  AuthOption,
  CallbackOptions,
  ClientCredentialsOptions,
  CrossAppAccessOptions,
  GrantOptions,
  OAuthOptions,
  OAuthProvider,
  PrivateKeyJwtOptions,
  TokenFunction,
  TokenStore,
} from './transports/auth.js';
export type {
  CommandOptions,
  NodeOptions,
  NpxOptions,
  PythonOptions,
  UvOptions,
  UvxOptions,
} from './transports/commands.js';
export type { ServerConfig } from './transports/config.js';
export type { NormalConfig } from './transports/config/merge.js';
export type { DispatcherLike, FetchLike, RemoteOptions, TlsMaterial, TlsOptions } from './transports/remote-options.js';
export type { RemoteServer } from './transports/remote.js';
export type { Resumption } from './transports/resumption.js';
export type { Connection } from './transports/link.js';
export type { ConnectableServer } from './transports/memory.js';
export type { LogStream } from './transports/stdio/stderr-log.js';
export type { Transport } from './transports/transport.js';
export type { HeadersSource, Source, SourceFunction, SourceResult, StdioServer } from './transports/source.js';
