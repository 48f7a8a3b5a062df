/** A client of a server whose tools, and what they answer, are given. */
import type { ClientOptions, Lease } from '../../../src/index.js';
import type { ScriptedServer } from '../../support/scripted-server.js';
import { virtualClient } from '../../support/virtual-client.js';

export interface Listing {
  readonly lease: Lease;
  readonly server: ScriptedServer;
  readonly complaints: string[];
}

export const tool = (name: string, more: object = {}): object => ({ name, inputSchema: { type: 'object' }, ...more });

/** @param answers results by method; a tool that is called answers by `tools/call` */
export async function serving(
  answers: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => object>>,
  options: ClientOptions = {},
): Promise<Listing> {
  const { client, server, complaints } = virtualClient(options);
  server.script = ({ method, id, params = {} }, connection) => {
    const answer = answers[method ?? ''];
    if (answer === undefined || id === undefined) return false;
    connection.reply(id, answer(params));
    return true;
  };
  return { lease: await client.connect(), server, complaints };
}

/** One tool named `t` with this output schema, and what it answers as structured content. */
export function toolOf(outputSchema: unknown, structuredContent: unknown, options?: ClientOptions): Promise<Listing> {
  return serving(
    {
      'tools/list': () => ({ tools: [tool('sibling'), tool('t', { outputSchema })] }),
      'tools/call': () => ({ content: [], structuredContent }),
    },
    options,
  );
}
