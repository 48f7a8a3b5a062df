/** A provider of the user's, as the SDK is given it: what it is told of a server is looked at first. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { givenUp } from './failures.js';
import { checkUrl, reachOf } from './guard.js';
import { believed, requireProofKey } from './metadata.js';

/** What the answer to a login must be like, as far as it is known. */
export interface Known {
  /** Null: the provider gives none. */
  state: string | null;
  /** Whom the login is begun with. */
  issuer: string | null;
  /** It says who it is in each answer (RFC 9207). */
  namesItself: boolean;
}

export interface Watch {
  /** More scope is never had by a refresh. */
  readonly keepsRefresh: boolean;
  readonly server: URL;
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
  /** Is filled in. */
  readonly known: Known;
  /** The user is about to be sent away. */
  readonly begun: () => void;
}

type State = Parameters<NonNullable<OAuthClientProvider['saveDiscoveryState']>>[0];

export function watched(
  provider: OAuthClientProvider,
  { keepsRefresh, server, signal, known, begun }: Watch,
): OAuthClientProvider {
  const reach = reachOf(server);
  const look = ({ authorizationServerUrl, authorizationServerMetadata: given, resourceMetadata }: State): void => {
    checkUrl(authorizationServerUrl, 'the authorization server that is named', reach);
    if (given === undefined) return;
    const isNamed = resourceMetadata?.authorization_servers !== undefined;
    const metadata = believed(given, { issuer: authorizationServerUrl, isNamed, reach });
    if (provider.redirectUrl !== undefined) requireProofKey(metadata);
    known.issuer = metadata.issuer;
    known.namesItself = metadata['authorization_response_iss_parameter_supported'] === true;
  };
  const discoveryState = async (): Promise<State | undefined> => {
    const state = await provider.discoveryState?.();
    // Null: as JSON has it, with nothing stored.
    if (state) look(state);
    return state;
  };
  const tokens = async (): Promise<OAuthTokens | undefined> => {
    const given = await provider.tokens();
    return given && { ...given, refresh_token: undefined };
  };
  const own = {
    saveDiscoveryState: (state: State) => {
      look(state);
      return provider.saveDiscoveryState?.(state);
    },
    redirectToAuthorization: (url: URL) => {
      // The SDK goes on, though nobody waits: no user is to see that.
      if (signal.aborted) throw givenUp();
      const checked = checkUrl(url, 'the authorization endpoint', reach);
      known.state = checked.searchParams.get('state');
      begun();
      return provider.redirectToAuthorization(checked);
    },
    // What it has kept was found by anybody, and is not saved again.
    ...('discoveryState' in provider && { discoveryState }),
    ...(!keepsRefresh && { tokens }),
  };
  return new Proxy(provider, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
      const value: unknown = Reflect.get(target, name, target);
      // Bound: a provider may have private fields, which no other object has.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
