/** What a scripted server answers by itself. */
import { textOf } from '../protocol/failure.js';
import type { ScriptedServerOptions, Sent } from './scripted-server.js';

/**
 * What a tool does: text, or a whole result, now or later; with `Promise`s that never settle, it
 * hangs. What it throws is the result of a tool that failed.
 */
export type ScriptedTool = (
  args: Readonly<Record<string, unknown>>,
  name: string,
) => string | object | Promise<string | object>;

/** Tools by name; `'*'` stands for every other name, and is not listed. */
export type ScriptedTools = Readonly<Record<string, ScriptedTool>>;

/** A result or an error, as JSON-RPC has it. */
type Answer = { readonly result: object } | { readonly error: { readonly code: number; readonly message: string } };

const echo: ScriptedTool = (args) => JSON.stringify(args);

const asResult = (given: string | object): Answer => ({
  result: typeof given === 'string' ? { content: [{ type: 'text', text: given }] } : given,
});

const failed = (thrown: unknown): Answer => ({
  result: { content: [{ type: 'text', text: textOf(thrown) }], isError: true },
});

const broken = (thrown: unknown): Answer => ({ error: { code: -32603, message: textOf(thrown) } });

/** What throws, now or later, is answered as a server does that has failed: the transport has not. */
function answered(own: () => object | Promise<object>): Answer | Promise<Answer> {
  try {
    const result = own();
    return result instanceof Promise ? result.then((given: object) => ({ result: given }), broken) : { result };
  } catch (error) {
    return broken(error);
  }
}

export class ScriptedAnswers {
  readonly #options: ScriptedServerOptions;
  readonly #tools: Map<string, ScriptedTool>;

  constructor(options: ScriptedServerOptions) {
    this.#options = options;
    this.#tools = new Map(Object.entries(options.tools ?? { echo }));
  }

  to(method: string, params: Sent['params']): Answer | Promise<Answer> {
    const own = this.#options.answers?.[method];
    if (own !== undefined) return answered(() => own(params));
    switch (method) {
      case 'initialize':
        return { result: this.#greeting() };
      case 'tools/list':
        return { result: { tools: this.#listed() } };
      case 'tools/call':
        return this.#call(String(params?.name), params?.arguments ?? {});
      case 'resources/list':
        return { result: { resources: [] } };
      case 'resources/templates/list':
        return { result: { resourceTemplates: [] } };
      case 'prompts/list':
        return { result: { prompts: [] } };
      default:
        return { result: {} };
    }
  }

  #greeting(): object {
    const { protocolVersion = '2025-11-25', capabilities = { tools: {} }, instructions } = this.#options;
    const serverInfo = this.#options.serverInfo ?? { name: 'scripted', version: '1' };
    return { protocolVersion, capabilities, serverInfo, ...(instructions === undefined ? {} : { instructions }) };
  }

  #listed(): object[] {
    const names = [...this.#tools.keys()].filter((name) => name !== '*');
    return names.map((name) => ({ name, inputSchema: { type: 'object' } }));
  }

  #call(name: string, args: Readonly<Record<string, unknown>>): Answer | Promise<Answer> {
    const tool = this.#tools.get(name) ?? this.#tools.get('*');
    if (tool === undefined) return { error: { code: -32602, message: `there is no tool ${JSON.stringify(name)}` } };
    try {
      const given = tool(args, name);
      return given instanceof Promise ? given.then(asResult, failed) : asResult(given);
    } catch (error) {
      return failed(error);
    }
  }
}
