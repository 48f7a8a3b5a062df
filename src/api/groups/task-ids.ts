/** Ids of tasks behind one client carry the server: `server:id`. */

const RELATED = 'io.modelcontextprotocol/related-task';

export const publicTaskId = (server: string, id: string): string => `${server}:${id}`;

/** Null when no server has that name. */
export function ownTaskId(id: string, servers: Iterable<string>): { server: string; id: string } | null {
  // Of two servers one of which is called like the beginning of the other, the longer name is meant.
  const [server] = [...servers].filter((name) => id.startsWith(`${name}:`)).sort((a, b) => b.length - a.length);
  return server === undefined ? null : { server, id: id.slice(server.length + 1) };
}

type Body = Readonly<Record<string, unknown>>;

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Wherever the protocol puts the id of a task: in `task`, beside the fields of one, and in `_meta`. */
export function withTaskIds(body: Body, rename: (id: string) => string): Body {
  const { task, taskId, _meta: meta } = body;
  const related = isBody(meta) ? meta[RELATED] : undefined;
  if (!isBody(task) && typeof taskId !== 'string' && !isBody(related)) return body;
  return {
    ...body,
    ...(typeof taskId === 'string' ? { taskId: rename(taskId) } : {}),
    ...(isBody(task) ? { task: withTaskIds(task, rename) } : {}),
    ...(isBody(meta) && isBody(related) ? { _meta: { ...meta, [RELATED]: withTaskIds(related, rename) } } : {}),
  };
}
