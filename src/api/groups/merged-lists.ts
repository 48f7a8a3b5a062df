/**
 * The lists of all servers as one page. A server whose list cannot be had is left out, and complained
 * about: the others are none the worse for it. Only when none can be had is that the answer.
 */
import type { Prompt, Resource, ResourceTemplate, ServerCapabilities, Tool } from '@modelcontextprotocol/sdk/types.js';
import { configFailure, FailureError } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import { allPages } from '../pages.js';
import type { PageOptions } from '../raw.js';
import { allFailed } from './inner-failures.js';
import { runtimeOf } from './relay.js';
import { publicUri } from './resource-uris.js';
import { collisionMessage, publicName } from './server-names.js';
import type { Shares } from './shares.js';
import { publicTaskId } from './task-ids.js';
import { withinReach } from './within-reach.js';

/** Where an entry of a merged list comes from, in its `_meta`. */
const ORIGIN = 'mcp-actor/server';

export interface Listing {
  readonly shares: Shares;
  readonly signal: AbortSignal;
  /** Of servers that a list had to do without while credentials are being got for them. */
  readonly missed: Set<string>;
  readonly complain: (error: unknown, where: string) => void;
}

type Item = Readonly<Record<string, unknown>>;

interface List<T> {
  readonly method: string;
  readonly key: string;
  readonly capability: keyof ServerCapabilities;
  fetch(client: Client, page: PageOptions): Promise<{ items: T[]; nextCursor?: string | undefined }>;
  rename(server: string, item: T): object;
}

const withOrigin = (server: string, item: { _meta?: Item | undefined }): { _meta: Item } => ({
  _meta: { ...item._meta, [ORIGIN]: server },
});

export const toolList: List<Tool> = {
  method: 'tools/list',
  key: 'tools',
  capability: 'tools',
  fetch: async (client, page) => {
    const { tools: items, nextCursor } = await client.raw.listTools(page);
    return { items, nextCursor };
  },
  rename: (server, tool) => ({
    ...tool,
    name: publicName({ server, name: tool.name }),
    ...withOrigin(server, tool),
  }),
};

export const promptList: List<Prompt> = {
  method: 'prompts/list',
  key: 'prompts',
  capability: 'prompts',
  fetch: async (client, page) => {
    const { prompts: items, nextCursor } = await client.raw.listPrompts(page);
    return { items, nextCursor };
  },
  rename: (server, prompt) => ({
    ...prompt,
    name: publicName({ server, name: prompt.name }),
    ...withOrigin(server, prompt),
  }),
};

export const resourceList: List<Resource> = {
  method: 'resources/list',
  key: 'resources',
  capability: 'resources',
  fetch: async (client, page) => {
    const { resources: items, nextCursor } = await client.raw.listResources(page);
    return { items, nextCursor };
  },
  rename: (server, resource) => ({
    ...resource,
    uri: publicUri(server, resource.uri),
    ...withOrigin(server, resource),
  }),
};

export const templateList: List<ResourceTemplate> = {
  method: 'resources/templates/list',
  key: 'resourceTemplates',
  capability: 'resources',
  fetch: async (client, page) => {
    const { resourceTemplates: items, nextCursor } = await client.raw.listResourceTemplates(page);
    return { items, nextCursor };
  },
  rename: (server, template) => ({
    ...template,
    uriTemplate: publicUri(server, template.uriTemplate),
    ...withOrigin(server, template),
  }),
};

export const taskList: List<Item> = {
  method: 'tasks/list',
  key: 'tasks',
  capability: 'tasks',
  fetch: async (client, { cursor, signal }) => {
    const page = await client.request('tasks/list', cursor === undefined ? undefined : { cursor }, { signal });
    const { tasks, nextCursor } = page;
    return {
      items: Array.isArray(tasks) ? (tasks as Item[]) : [],
      nextCursor: typeof nextCursor === 'string' ? nextCursor : undefined,
    };
  },
  rename: (server, task) => ({
    ...task,
    ...(typeof task['taskId'] === 'string' ? { taskId: publicTaskId(server, task['taskId']) } : {}),
  }),
};

/** What one server lists, of all its pages. */
async function everything<T>(list: List<T>, client: Client, signal: AbortSignal): Promise<T[]> {
  const pages = await withinReach(client, signal, (patience) =>
    allPages(runtimeOf(client), list.method, {}, (page) => list.fetch(client, { ...page, signal: patience })),
  );
  return pages.flatMap(({ items }) => items);
}

/**
 * Milliseconds that a list waits for a server which is slow to start, since the last other one came up: it would
 * be a pity to miss its part. Later it is told of as a change of the list.
 */
const GRACE = 5_000;

/** Those that are up; where none is, whatever comes of asking for them once more. */
async function whoIsUp(shares: Shares, signal: AbortSignal): Promise<[string, Client][]> {
  await shares.gathered(GRACE, signal);
  if (shares.up().size === 0 && !signal.aborted) {
    shares.renew();
    await shares.gathered(GRACE, signal);
  }
  const up = [...shares.up()].map(([name, { client }]): [string, Client] => [name, client]);
  if (up.length === 0) throw new FailureError(allFailed(shares));
  return up;
}

/** @throws what the first server failed of, when all of them did; FailureError when none is up */
export async function merged<T>(list: List<T>, { shares, signal, missed, complain }: Listing): Promise<object> {
  const up = await whoIsUp(shares, signal);
  const asked = up.filter(([, client]) => client.serverCapabilities?.[list.capability] !== undefined);
  const lists = await Promise.allSettled(asked.map(([, client]) => everything(list, client, signal)));
  const failed = lists.filter((one) => one.status === 'rejected');
  if (failed[0] !== undefined && failed.length === lists.length) throw failed[0].reason;
  return {
    [list.key]: lists.flatMap((one, at) => {
      const name = asked[at]?.[0] ?? '';
      if (one.status === 'fulfilled') return one.value.map((item) => list.rename(name, item));
      if (asked[at]?.[1].getSnapshot().authorizing === true) missed.add(name);
      complain(one.reason, `${list.method} of server ${JSON.stringify(name)}`);
      return [];
    }),
  };
}

/** For a list of things that are called by their names. @throws FailureError when two have the same public name */
export async function mergedByName<T extends { readonly name: string }>(
  what: string,
  list: List<T>,
  listing: Listing,
): Promise<object> {
  const owners = new Map<string, { server: string; name: string }>();
  const rename = (server: string, item: T): object => {
    const own = { server, name: item.name };
    const other = owners.get(publicName(own));
    if (other !== undefined && other.server !== server)
      throw new FailureError(configFailure('name_collision', collisionMessage(what, other, own)));
    owners.set(publicName(own), own);
    return list.rename(server, item);
  };
  return merged({ ...list, rename }, listing);
}

/** The names of what one server lists. */
export const namesOf = async (
  list: List<{ name: string }>,
  client: Client,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => new Set((await everything(list, client, signal)).map(({ name }) => name));
