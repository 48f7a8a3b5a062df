/** A violation as a file: what shows it, to be followed again step by step. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { clientLogic, type ClientEvent, type ClientMachine } from '../../src/machines/index.js';
import { traceOf, type TracedStep } from '../../src/testing/checker/trace.js';
import type { Violation } from '../../src/testing/checker/verdicts.js';
import { optionsFor } from './explore.js';
import { setUpOf, type SetUp } from './set-ups.js';

const schema = z.object({
  machine: z.literal('client'),
  setUp: z.string(),
  invariant: z.string(),
  message: z.string(),
  events: z.array(z.looseObject({ type: z.string() })),
});

/** A violation, and the world it was found in. */
export type TraceFile = z.infer<typeof schema>;

const folder = new URL('../../.cache/traces/', import.meta.url);

/** Writes it, and gives the path. */
export async function writeTrace(
  setUp: string,
  { invariant, message, trace }: Violation<ClientMachine>,
): Promise<string> {
  const path = fileURLToPath(new URL(`${setUp}-${invariant}.json`, folder));
  await mkdir(folder, { recursive: true });
  const content = { machine: 'client', setUp, invariant, message, events: trace };
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}

/** @throws Error that says what is wrong with the file */
export async function readTrace(path: string): Promise<TraceFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON; npm run check writes traces to .cache/traces/`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new Error(`${path} is not a trace: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** @throws Error when there is no such world any more */
export function followTrace({ setUp, events }: TraceFile): TracedStep[] {
  return stepsIn(setUpOf(setUp), events as unknown as readonly ClientEvent[]);
}

/** What each step of a violation did. */
export const stepsIn = (setUp: SetUp, events: Violation<ClientMachine>['trace']): TracedStep[] =>
  traceOf(clientLogic, events, optionsFor(setUp));
