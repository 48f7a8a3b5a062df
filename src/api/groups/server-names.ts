/** The names of servers, and what they make of the names of tools and prompts: `server_tool`. */
import { configError } from '../options.js';

/** A control character, or the one that ends the name of the server in a URI. */
const unusable = /[\p{Cc}/]/u;
/** What the authority of a URI is made of (RFC 3986, 3.2.2), without escapes. */
const authority = /^[\w.~!$&'()*+,;=-]+$/;

/** @throws ConfigError when a server cannot be called that. */
export function checkServerName(name: string): void {
  if (name !== '' && !unusable.test(name)) return;
  throw configError(
    `${JSON.stringify(name)} cannot be the name of a server: it is empty, or has a "/" or a control character in it`,
    'server_name',
  );
}

/** @throws ConfigError when the name cannot stand in the URIs of the server's resources. */
export function checkPublicServerName(name: string): void {
  checkServerName(name);
  if (authority.test(name)) return;
  throw configError(
    `${JSON.stringify(name)} cannot be the name of a server behind one client: it becomes part of the names of tools and of URIs, so it is made of letters, digits, and . _ ~ - (and ! $ & ' ( ) * + , ; =); use a ClientGroup to keep the name`,
    'server_name',
  );
}

/** A tool or a prompt of a server, as that server knows it. */
export interface Owned {
  readonly server: string;
  readonly name: string;
}

export const publicName = ({ server, name }: Owned): string => `${server}_${name}`;

/** Everything that a public name can stand for, the longest name of a server first. */
export function readingsOf(name: string, servers: Iterable<string>): Owned[] {
  return [...servers]
    .filter((server) => name.startsWith(`${server}_`))
    .sort((a, b) => b.length - a.length)
    .map((server) => ({ server, name: name.slice(server.length + 1) }));
}

/** Says which two have the same public name. */
export function collisionMessage(what: string, one: Owned, other: Owned): string {
  const say = ({ server, name }: Owned): string => `${JSON.stringify(name)} of server ${JSON.stringify(server)}`;
  return `${JSON.stringify(publicName(one))} would be the name of two ${what}s: ${say(one)} and ${say(other)}; give one of the servers another name`;
}

/** Says what a public name can stand for, where nothing decides between them. */
export function ambiguityMessage(what: string, readings: readonly Owned[]): string {
  const says = readings.map(({ server, name }) => `${JSON.stringify(name)} of server ${JSON.stringify(server)}`);
  const [one] = readings;
  return `${JSON.stringify(one === undefined ? '' : publicName(one))} can be the ${what} ${says.join(' or ')}`;
}

/** @throws ConfigError when two names differ in case only: the hosts of URLs do not tell them apart. */
export function checkDistinct(names: Iterable<string>): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      throw configError(
        `the servers ${JSON.stringify(other)} and ${JSON.stringify(name)} differ in case only, and their resources could not be told apart; give one of them another name, or use a ClientGroup`,
        'server_name',
      );
    seen.set(name.toLowerCase(), name);
  }
}
