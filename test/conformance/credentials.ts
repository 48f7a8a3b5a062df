/** How each scenario wants the client to show who it is. */
import {
  clientCredentials,
  crossAppAccess,
  oauth,
  privateKeyJwt,
  type AuthOption,
  type OAuthOptions,
} from '../../src/index.js';
import type { Scenario } from './scenario.js';

/** The suite knows this document by its name, and does not fetch it. */
const CLIENT_METADATA_URL = 'https://conformance-test.local/client-metadata.json';

export function authFor({ name, context }: Scenario): AuthOption {
  switch (name) {
    case 'auth/client-credentials-basic':
      return clientCredentials({ clientId: needed(context.client_id), clientSecret: needed(context.client_secret) });
    case 'auth/client-credentials-jwt':
      return privateKeyJwt({
        clientId: needed(context.client_id),
        privateKey: needed(context.private_key_pem),
        algorithm: needed(context.signing_algorithm),
      });
    case 'auth/cross-app-access-complete-flow':
    case 'auth/enterprise-managed-authorization':
      return crossAppAccess({
        idpTokenEndpoint: needed(context.idp_token_endpoint),
        idpClientId: needed(context.idp_client_id),
        idToken: needed(context.idp_id_token),
        clientId: needed(context.client_id),
        clientSecret: needed(context.client_secret),
      });
    case 'auth/pre-registration':
      return login({ clientId: needed(context.client_id), clientSecret: needed(context.client_secret) });
    case 'auth/basic-cimd':
      return login({ clientMetadataUrl: CLIENT_METADATA_URL });
    default:
      return login();
  }
}

/** The suite's authorization servers ask nobody: who follows their redirects ends at our own callback. */
const login = (options: OAuthOptions = {}): AuthOption => oauth({ ...options, openBrowser: async (url) => fetch(url) });

function needed(value: string | undefined): string {
  if (value === undefined) throw new Error('the harness has not told what this scenario needs');
  return value;
}
