/**
 * The door to the SDK's authorization, apart from the other one: it is loaded when a client is told to
 * authorize itself, and not before.
 */
export {
  auth,
  discoverOAuthServerInfo,
  extractWWWAuthenticateParams,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
