/** Where in the text of a plan its entries and fields stand: the parser of JSON does not tell. */

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** A plan is an array of entries with fields: what is nested deeper has no line of its own. */
const DEPTH = 2;

/** An array or an object that is being read. */
interface Open {
  /** Which member of it: by index or key; null where a key is to come. */
  member: string | number | null;
}

const named = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

/** The line, from 1, of every entry and field. The text has been read as JSON before. */
export class PlanText {
  readonly #lines = new Map<string, number>();

  constructor(text: string) {
    const open: Open[] = [];
    let line = 1;
    let seen = 0;
    for (const { 0: token, index } of text.matchAll(TOKENS)) {
      line += newlinesIn(text, seen, index);
      seen = index;
      this.#read(token, open, line);
    }
  }

  #read(token: string, open: Open[], line: number): void {
    const within = open.at(-1);
    if (token === ',') {
      if (within !== undefined) within.member = typeof within.member === 'number' ? within.member + 1 : null;
    } else if (token === '}' || token === ']') open.pop();
    else if (token !== ':') {
      if (within?.member === null) within.member = String(JSON.parse(token));
      this.#note(open, line);
      if (token === '[') open.push({ member: 0 });
      else if (token === '{') open.push({ member: null });
    }
  }

  #note(open: readonly Open[], line: number): void {
    const path = named(open.map(({ member }) => member ?? ''));
    if (open.length <= DEPTH && !this.#lines.has(path)) this.#lines.set(path, line);
  }

  /** Of what stands at this path, or around it where nothing stands there. */
  lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length -= 1) {
      const line = this.#lines.get(named(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }
}

/** Why it is not JSON, and in which line where the parser says at which character. */
export function whyNoJson(text: string, error: unknown): string {
  const why = error instanceof Error ? error.message : 'it cannot be read';
  const at = /\bposition (\d+)/.exec(why)?.[1];
  return at === undefined ? why : `${why}, in line ${String(newlinesIn(text, 0, Number(at)) + 1)}`;
}

function newlinesIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
