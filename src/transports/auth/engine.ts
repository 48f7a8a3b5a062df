/** What carries a flow out. What serves one server is made once for the program. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { AuthFlow, type AuthOption, type AuthPlan, type TokenFunction, type TokenStore } from '../auth.js';
import { proxyFor } from '../http/proxy.js';
import type { Authorizer } from './authorizer.js';
import { crossAppGrant } from './cross-app.js';
import { because } from './failures.js';
import type { Grant } from './grants.js';
import type { Way } from './guarded-fetch.js';
import { Keeper, type Asker } from './keeper.js';
import { loginGrant } from './login.js';
import { clientCredentialsGrant, privateKeyJwtGrant } from './machine.js';
import type { AuthorizerPorts, FinishingAuthorizer } from './make.js';
import { MemoryStore } from './memory-store.js';
import { ProviderKeeper } from './provider.js';
import { Vault } from './vault.js';

export function engineFor(auth: Exclude<AuthOption, TokenFunction>, ports: AuthorizerPorts): FinishingAuthorizer {
  if (typeof auth === 'string') return kept(anybody, ports);
  if (AuthFlow.is(auth)) return kept(auth, ports);
  // By its shape it is one; what its methods are given, the SDK gives.
  return providerKeeper(auth as unknown as OAuthClientProvider, ports).with(roadOf(ports));
}

/** What `'oauth'` stands for: one memory for the whole program. */
const anybody = new AuthFlow({ kind: 'oauth', options: {} });

type Road = Pick<Way, 'fetch' | 'tls' | 'proxyFor'>;

const roadOf = ({ fetch, tls, proxy }: AuthorizerPorts): Road => ({
  fetch,
  tls,
  proxyFor: (url) => proxyFor(url, proxy, process.env)?.url ?? null,
});

function kept(flow: AuthFlow, ports: AuthorizerPorts): Authorizer {
  const plan = AuthFlow.planOf(flow);
  const keeper = keeperFor(plan.options.store ?? storeOf(flow), ownerOf(plan), ports);
  const asker: Asker = { ...roadOf(ports), grant: grantOf(plan), options: plan.options, isBound: isBound(plan) };
  return {
    token: () => keeper.token(asker),
    authorize: (challenge, signal) =>
      keeper.authorize(challenge, signal, asker).catch((error: unknown) => {
        throw because(challenge.status, error);
      }),
    secrets: () => keeper.secrets(),
  };
}

function grantOf({ kind, options }: AuthPlan): Grant {
  switch (kind) {
    case 'oauth':
      return loginGrant(options);
    case 'client_credentials':
      return clientCredentialsGrant(options);
    case 'private_key_jwt':
      return privateKeyJwtGrant(options);
    case 'cross_app_access':
      return crossAppGrant(options);
  }
}

/** Which client of ours, and what it wants: what one is given is not another's. */
function ownerOf({ kind, options }: AuthPlan): string {
  const id = kind === 'oauth' ? (options.clientId ?? options.clientMetadataUrl ?? '') : options.clientId;
  const wanted = [...new Set(options.scopes)].sort().join(' ');
  return [kind, id, ...(wanted === '' ? [] : [wanted])].map(encodeURIComponent).join(':');
}

const isBound = ({ kind, options }: AuthPlan): boolean => kind !== 'oauth' || options.clientId !== undefined;

/** Stores of flows that were given none. */
const memories = new WeakMap<AuthFlow, TokenStore>();

function storeOf(flow: AuthFlow): TokenStore {
  let store = memories.get(flow);
  if (store === undefined) memories.set(flow, (store = new MemoryStore()));
  return store;
}

const keepers = new WeakMap<TokenStore, Map<string, Keeper>>();

function keeperFor(store: TokenStore, owner: string, { url, clock, now = Date.now }: AuthorizerPorts): Keeper {
  let ofStore = keepers.get(store);
  if (ofStore === undefined) keepers.set(store, (ofStore = new Map<string, Keeper>()));
  const key = `${owner} ${url.href}`;
  let keeper = ofStore.get(key);
  if (keeper === undefined) {
    ofStore.set(key, (keeper = new Keeper(serverOf(url), new Vault(store, owner), { clock, now })));
  }
  return keeper;
}

const providers = new WeakMap<OAuthClientProvider, Map<string, ProviderKeeper>>();

function providerKeeper(provider: OAuthClientProvider, { url, clock }: AuthorizerPorts): ProviderKeeper {
  let ofProvider = providers.get(provider);
  if (ofProvider === undefined) providers.set(provider, (ofProvider = new Map<string, ProviderKeeper>()));
  let keeper = ofProvider.get(url.href);
  if (keeper === undefined) ofProvider.set(url.href, (keeper = new ProviderKeeper(serverOf(url), provider, clock)));
  return keeper;
}

/** Without what may be a secret of its address, and with no part that a server never sees. */
function serverOf(url: URL): URL {
  const server = new URL(url);
  server.username = server.password = server.hash = '';
  return server;
}
