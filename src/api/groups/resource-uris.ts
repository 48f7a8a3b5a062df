/** The URIs of resources behind one client: the server is the authority, `proto://server/rest`. */

/** Scheme, and the rest; a URI without `//` keeps that. */
const parts = /^([a-z][a-z0-9+.-]*:(?:\/\/)?)(.*)$/is;

/** Also of a template: what is between braces is in the rest. */
export function publicUri(server: string, uri: string): string {
  const [, scheme, rest] = parts.exec(uri) ?? [];
  return scheme === undefined || rest === undefined ? uri : `${scheme}${server}/${rest}`;
}

/** Whose it is, and what that server calls it; null when no server has that name. */
export function ownUri(uri: string, servers: Iterable<string>): { server: string; uri: string } | null {
  const [, scheme, rest = ''] = parts.exec(uri) ?? [];
  const end = rest.indexOf('/');
  if (scheme === undefined || end < 0) return null;
  const named = rest.slice(0, end);
  const names = [...servers];
  // Whoever goes through `URL` gets a host in lower case from the schemes of the web.
  const server = names.includes(named) ? named : names.find((name) => name.toLowerCase() === named);
  return server === undefined ? null : { server, uri: scheme + rest.slice(end + 1) };
}
