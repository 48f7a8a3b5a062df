/**
 * The one door to the MCP SDK's running code. The v1 line is in maintenance: whatever replaces it,
 * replaces it here. Types may be imported from it anywhere.
 */
export {
  CallToolResultSchema,
  CompleteResultSchema,
  CreateMessageRequestParamsSchema,
  CreateMessageResultSchema,
  CreateMessageResultWithToolsSchema,
  ElicitRequestParamsSchema,
  ElicitResultSchema,
  EmptyResultSchema,
  GetPromptResultSchema,
  InitializeResultSchema,
  LATEST_PROTOCOL_VERSION,
  ListPromptsResultSchema,
  ListResourceTemplatesResultSchema,
  ListResourcesResultSchema,
  ListRootsResultSchema,
  ListToolsResultSchema,
  LoggingMessageNotificationParamsSchema,
  ReadResourceResultSchema,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js';
