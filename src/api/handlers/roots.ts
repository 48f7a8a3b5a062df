/** Which places of the file system a server may work in (client/roots). */
import type { Root } from '@modelcontextprotocol/sdk/types.js';
import type { HandlerContext } from '../../actors/inbound.js';
import { ListRootsResultSchema } from '../../protocol/sdk.js';
import { badResult, INTERNAL_ERROR, Refusal } from './refusal.js';

/** Roots, each a `file://` URL, or an object of the protocol with one as its `uri` and a `name`. */
export type RootsList = readonly (string | URL | Root)[];

/** The roots, or a function that is asked whenever the server asks. */
export type Roots = RootsList | ((context: HandlerContext) => RootsList | Promise<RootsList>);

/** What is wrong with one entry; null when nothing is. The protocol knows `file://` only. */
export function faultOfRoot(entry: unknown): string | null {
  const uri = uriOf(entry);
  if (uri === null) return 'must be a file:// URL, or { uri, name } with one';
  if (uri.startsWith('file://') && URL.canParse(uri)) return null;
  const shown = JSON.stringify(uri);
  const help = URL.canParse(uri) ? '' : `; pathToFileURL(${shown}) of node:url makes one of a path`;
  return `must be a file:// URL, not ${shown}${help}`;
}

function uriOf(entry: unknown): string | null {
  if (typeof entry === 'string') return entry;
  if (entry instanceof URL) return entry.href;
  if (typeof entry !== 'object' || entry === null || !('uri' in entry)) return null;
  if (entry.uri instanceof URL) return entry.uri.href;
  return typeof entry.uri === 'string' ? entry.uri : null;
}

/** The entries that cannot be roots, by their index. */
export const faultsOfRoots = (list: readonly unknown[]): { readonly index: number; readonly fault: string }[] =>
  list.flatMap((entry, index) => {
    const fault = faultOfRoot(entry);
    return fault === null ? [] : [{ index, fault }];
  });

/** The result of `roots/list`. */
export async function listRoots(roots: Roots, context: HandlerContext): Promise<object> {
  const list: unknown = typeof roots === 'function' ? await roots(context) : roots;
  if (!Array.isArray(list)) throw new Refusal(INTERNAL_ERROR, 'what roots() gave is no list', 'handler');
  const [bad] = faultsOfRoots(list);
  if (bad !== undefined) {
    throw new Refusal(INTERNAL_ERROR, `what roots() gave: entry ${String(bad.index)} ${bad.fault}`, 'handler');
  }
  const given = (list as RootsList).map((entry) => (typeof entry === 'string' || entry instanceof URL ? {} : entry));
  const result = { roots: given.map((entry, index) => ({ ...entry, uri: uriOf((list as RootsList)[index]) })) };
  const parsed = ListRootsResultSchema.safeParse(result);
  if (!parsed.success) throw badResult('roots()', 'a list of roots', parsed.error);
  return result;
}
