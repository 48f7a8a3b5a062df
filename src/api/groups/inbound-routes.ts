/**
 * What the servers ask of us: each question gets an id of the client in front, which has the
 * handlers, and its answer goes back to who asked, in the session that it was asked in.
 */
import type { Answer, InboundId } from '../../protocol/json-rpc.js';
import { publicTaskId, withTaskIds } from './task-ids.js';

type Body = Readonly<Record<string, unknown>>;

interface Question {
  readonly server: string;
  readonly generation: number;
  readonly id: InboundId;
  readonly answer: (answer: Answer) => void;
}

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A server's own progress token, as one that no other server has. */
const outwardToken = (server: string, token: unknown): string => `${server}/${JSON.stringify(token)}`;

export class InboundRoutes {
  readonly #questions = new Map<InboundId, Question>();
  #last = 0;

  /** The question, as the client in front is asked it. */
  ask(question: Question, method: string, params: unknown): object {
    this.#last += 1;
    const id = this.#last;
    this.#questions.set(id, question);
    if (params !== undefined && !isBody(params)) return { jsonrpc: '2.0', id, method, params };
    const { server } = question;
    const renamed = withTaskIds(params ?? {}, (task) => publicTaskId(server, task));
    const meta = isBody(renamed['_meta']) ? renamed['_meta'] : {};
    const token = meta['progressToken'];
    const _meta = {
      ...meta,
      ...(token === undefined ? {} : { progressToken: outwardToken(server, token) }),
      'mcp-actor/server': server,
    };
    return { jsonrpc: '2.0', id, method, params: { ...renamed, _meta } };
  }

  answer(id: InboundId, answer: Answer): void {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    question?.answer(answer);
  }

  /** Its server has taken a question back: our id of it, if it is still open. */
  withdraw(server: string, generation: number, id: unknown): InboundId | null {
    for (const [ours, question] of this.#questions) {
      if (question.server !== server || question.generation !== generation || question.id !== id) continue;
      this.#questions.delete(ours);
      return ours;
    }
    return null;
  }

  /** The session of a server is over, and with it whatever it asked. */
  withdrawAll(server: string): InboundId[] {
    const ids = [...this.#questions].filter(([, question]) => question.server === server).map(([id]) => id);
    for (const id of ids) this.#questions.delete(id);
    return ids;
  }

  /** Whose progress token that is. */
  static tokenOf(token: unknown): { server: string; token: unknown } | null {
    if (typeof token !== 'string') return null;
    const at = token.indexOf('/');
    if (at < 0) return null;
    try {
      return { server: token.slice(0, at), token: JSON.parse(token.slice(at + 1)) as unknown };
    } catch {
      return null;
    }
  }
}
