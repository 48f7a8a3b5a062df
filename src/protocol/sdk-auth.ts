/**
 * The door to the SDK's authorization, apart from the other one: it is loaded when a client is told to
 * authorize itself, and not before.
 */
export {
  auth,
  buildDiscoveryUrls,
  discoverOAuthServerInfo,
  exchangeAuthorization,
  extractWWWAuthenticateParams,
  fetchToken,
  refreshAuthorization,
  registerClient,
  startAuthorization,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
export { createPrivateKeyJwtAuth } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
export { OAuthError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
export {
  OAuthClientInformationSchema,
  OAuthMetadataSchema,
  OAuthProtectedResourceMetadataSchema,
  OAuthTokensSchema,
} from '@modelcontextprotocol/sdk/shared/auth.js';
export { checkResourceAllowed } from '@modelcontextprotocol/sdk/shared/auth-utils.js';
