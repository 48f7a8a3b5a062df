/** Which request of the client in front a server's progress is about: by server, from its client's id. */

type Body = Readonly<Record<string, unknown>>;
type Token = number | string;

/** Tasks of one server whose progress is followed, at the most: of more, those that are oldest are forgotten. */
const TASKS = 1_000;

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null;

const TERMINAL = ['completed', 'failed', 'cancelled'];

class Tokens {
  readonly byId = new Map<number, Token>();
  /** The ids of the calls whose tasks are not known to have ended: their progress goes on when they were answered. */
  readonly tasks = new Map<string, number>();
}

export class ProgressTokens {
  readonly #servers = new Map<string, Tokens>();

  #of(server: string): Tokens {
    const tokens = this.#servers.get(server) ?? new Tokens();
    this.#servers.set(server, tokens);
    return tokens;
  }

  asked(server: string, id: number, token: Token): void {
    this.#of(server).byId.set(id, token);
  }

  /** Its answer is there, or will not come; for a task, the one that it has become. */
  answered(server: string, id: number, task: string | null): void {
    const { tasks, byId } = this.#of(server);
    if (task === null || !byId.has(id)) {
      byId.delete(id);
      return;
    }
    this.ended(server, task);
    tasks.set(task, id);
    const [oldest] = tasks.keys();
    if (tasks.size > TASKS && oldest !== undefined) this.ended(server, oldest);
  }

  /** There will be no more progress of that task. */
  ended(server: string, task: string): void {
    const { tasks, byId } = this.#of(server);
    const id = tasks.get(task);
    tasks.delete(task);
    if (id !== undefined) byId.delete(id);
  }

  /** What a server says of a task: when it is over, so is its progress. */
  heard(server: string, { taskId, status }: Body): void {
    if (typeof taskId === 'string' && TERMINAL.includes(String(status))) this.ended(server, taskId);
  }

  /** The progress of a server as the client in front knows it; null when it is about nothing of that. */
  outward(server: string, params: Body): Body | null {
    const { progressToken } = params;
    const token = typeof progressToken === 'number' ? this.#servers.get(server)?.byId.get(progressToken) : undefined;
    return token === undefined ? null : { ...params, progressToken: token };
  }
}

/** The id of the task that a request has become, if it asked to become one. */
export function taskOf(request: Body, result: Body): string | null {
  const { task } = result;
  if (request['task'] === undefined || !isBody(task)) return null;
  const { taskId } = task;
  return typeof taskId === 'string' ? taskId : null;
}
