/** The published scripted server, as most tests want it: any tool answers with its own name. */
import { ScriptedServer as Published, type Script } from '../../src/testing/scripted-server.js';

export type { Script, ScriptedConnection as ScriptedTransport, Sent } from '../../src/testing/scripted-server.js';

export class ScriptedServer extends Published {
  constructor() {
    super({ tools: { '*': (_args, name) => name } });
  }
}

/** A script that leaves these tools without an answer. */
export const silentFor =
  (...tools: string[]): Script =>
  ({ method, params }) =>
    method === 'tools/call' && tools.includes(String(params?.name));

export const never = (): Promise<void> => new Promise(() => undefined);
