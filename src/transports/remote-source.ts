/** A server with an address, as a source: one link after another, which share who we are. */
import { configFailure, FailureError } from '../protocol/failure.js';
import type { Authorizer } from './auth/authorizer.js';
import type { Link } from './link.js';
import { mergedOptions } from './remote-merge.js';
import { httpUrl, transportFor, type RemoteServer } from './remote.js';
import type { LinkPorts, ResolvedSource, SourceOptions } from './source.js';

/** A login that a user's own provider began is finished with what came back. */
type Finishing = Authorizer & { finish?(codeOrRedirect: string | URL): void };

export function resolveRemote(server: RemoteServer, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  const { resume } = options;
  const url = httpUrl(server.url);
  const over = server.transport ?? transportFor(url);
  if (resume !== undefined && over === 'sse') throw noSession('SSE, which has no session that could be taken up');
  const { auth, ...given } = mergedOptions(options, server);
  if (url.protocol === 'http:' && server.tls !== undefined) throw noTls();
  let authorizer: Promise<Finishing> | null = null;
  const authorization = async (): Promise<Finishing | undefined> => {
    if (auth === undefined) return undefined;
    const { fetch, tls, proxy } = given;
    const { clock } = ports;
    authorizer ??= import('./auth/make.js').then(({ authorizerFor }) =>
      authorizerFor(auth, {
        url,
        clock,
        ...(fetch && { fetch }),
        ...(tls && { tls }),
        ...(proxy !== undefined && { proxy }),
      }),
    );
    return authorizer;
  };
  let taken = false;
  const open = async (): Promise<Link> => {
    const made = await authorization();
    const settled = { url, ...given, ...(made && { authorizer: made }) };
    if (over === 'sse') return (await import('./sse.js')).sseLink(settled, ports);
    const { httpLink } = await import('./http.js');
    // A session is taken up once: when it is lost, the next one is new.
    const again = resume === undefined || taken;
    taken = true;
    return httpLink(again ? settled : { ...settled, resume }, ports);
  };
  // Never the query or a user's name and password: they are where secrets are.
  const label = url.origin + url.pathname;
  if (auth === undefined) return { label, open };
  const finishAuthorization = async (code: string | URL): Promise<void> => {
    const made = await authorization();
    if (made?.finish === undefined) throw noLogin();
    made.finish(code);
  };
  return { label, open, finishAuthorization };
}

/** @throws FailureError of kind `config` for options that only a server with an address can do something with. */
export function refuseRemoteOptions({ auth, resume }: SourceOptions, what: string): void {
  if (resume !== undefined) throw noSession(what);
  if (auth === undefined) return;
  const message = `option auth: it is for a server that is reached over HTTP, and this one is ${what}; leave it out`;
  throw new FailureError(configFailure('auth_without_http', message));
}

const noTls = (): FailureError =>
  new FailureError(
    configFailure('tls', 'option tls: the URL of the server begins with http:, so no TLS is spoken with it'),
  );

export const noLogin = (): FailureError =>
  new FailureError(
    configFailure(
      'no_login',
      'there is no login to finish: only one that was begun by an OAuthClientProvider of yours is finished so',
    ),
  );

function noSession(what: string): FailureError {
  const message = `option resume: it takes up a session of streamable HTTP, and this source is ${what}; leave it out`;
  return new FailureError(configFailure('resume', message));
}
