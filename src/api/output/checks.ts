/** The output schemas that are compiled, shared by all clients: hundreds of them may use one server. */
import { textOf } from '../../protocol/failure.js';
import { compile, type OutputCheck } from './compiler.js';
import { prepare } from './schema-copy.js';

/** Characters of one output schema. */
export const MAX_TEXT = 256 * 1024;
/** A check, or what is wrong with the schema. */
export type Compiled = { readonly check: OutputCheck } | { readonly error: string };

/** What can be said of a schema without compiling it. */
export function schemaErrorOf(schema: unknown, text: string): string | undefined {
  if (text.length > MAX_TEXT) return `it is longer than ${String(MAX_TEXT / 1024)} KiB`;
  try {
    prepare(schema);
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}

/** Compiled schemas by their text; those that were not used for longest are forgotten. */
export class Checks {
  /** Those used last at the end. */
  readonly #compiled = new Map<string, Promise<Compiled>>();
  readonly #kept: number;
  readonly #keptText: number;
  #characters = 0;

  /**
   * @param kept schemas that are kept
   * @param keptText characters of their texts
   */
  constructor(kept: number, keptText: number) {
    this.#kept = kept;
    this.#keptText = keptText;
  }

  /** Compiled once, however many ask at the same time. */
  of(text: string): Promise<Compiled> {
    const known = this.#compiled.get(text);
    if (known !== undefined) {
      this.#compiled.delete(text);
      this.#compiled.set(text, known);
      return known;
    }
    const made = compiledFrom(text);
    this.#compiled.set(text, made);
    this.#characters += text.length;
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= this.#kept && this.#characters <= this.#keptText) break;
      this.#compiled.delete(oldest);
      this.#characters -= oldest.length;
    }
    return made;
  }
}

/** Those of this process. */
export const checks = new Checks(1_000, 4 * 1024 * 1024);

async function compiledFrom(text: string): Promise<Compiled> {
  try {
    return { check: await compile(prepare(JSON.parse(text))) };
  } catch (error) {
    return { error: textOf(error).slice(0, 500) };
  }
}
