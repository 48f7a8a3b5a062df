/** A client in virtual time whose server is reached over a faulty link. */
import { Client, type ClientOptions } from '../../../src/index.js';
import {
  faulty,
  scriptedServer,
  virtualClock,
  type FaultPlan,
  type ScriptedServerOptions,
} from '../../../src/testing/index.js';

export function faultyClient(
  plan: FaultPlan,
  options: ClientOptions & { readonly seed?: number; readonly server?: ScriptedServerOptions } = {},
) {
  const { seed, server: serverOptions, ...clientOptions } = options;
  const clock = virtualClock();
  const server = scriptedServer({ tools: { '*': (_args, name) => name }, ...serverOptions });
  const struck: string[] = [];
  const source = faulty(server.source, plan, {
    seed,
    onFault: ({ fault }, { at, generation }) => struck.push(`${fault} at ${at} in session ${String(generation)}`),
  });
  const complaints: string[] = [];
  const client = new Client(source, {
    name: 'test',
    clock,
    random: () => 0.5,
    onError: (error, where) => complaints.push(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    ...clientOptions,
  });
  return { client, server, clock, struck, complaints };
}

/** What a promise rejects with, in virtual time. */
export const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it did not fail, but gave ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

export const textOf = ({ content }: { readonly content: readonly unknown[] }): unknown =>
  (content[0] as { readonly text: unknown }).text;
