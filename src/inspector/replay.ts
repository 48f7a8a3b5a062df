/** Feeds a recording to the machine again, and says where the two part. */
import { start, step, type ChartOptions, type ClientSnapshot } from '../machines/index.js';
import { digestOf, holdingsOf, plainContext, stateOf } from './digest.js';
import type { Holdings, RecordedEvent } from './format.js';
import { readRecording, type Ending, type RecordedRun, type RecordingSource } from './reading.js';
import { revived } from './revival.js';

/** What the recording says, or the machine, of one moment. */
export interface Moment extends Holdings {
  readonly state: string;
  /** Of the whole context; null where none was recorded. */
  readonly digest: string | null;
}

/** One event that was taken again. */
export interface ReplayStep {
  readonly n: number;
  /** Milliseconds since the header, by the client's clock. */
  readonly at: number;
  readonly event: RecordedEvent;
  /** Where it led, as recorded. */
  readonly recorded: Moment;
}

/** Where the machine comes to something else than was recorded. */
export interface Difference {
  /** The event after which it shows; 0 is the start. */
  readonly n: number;
  /** The last event after which the digests of the whole context were the same: it began behind that. */
  readonly agreed: number;
  /** What differs: `state`, one of the counts, or `digest` when it is none of these. */
  readonly what: readonly string[];
  readonly recorded: Moment;
  readonly replayed: Moment;
  /** The context the machine has come to, as plain data. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** One client's run, replayed. */
export interface ReplayedRun {
  readonly client: number;
  readonly name: string;
  /** The version of the package that recorded it. */
  readonly package: string;
  readonly options: ChartOptions;
  /** The state that it starts in. */
  readonly start: string;
  readonly steps: readonly ReplayStep[];
  /** The first one; null when the machine agrees. */
  readonly difference: Difference | null;
}

/** A recording, replayed. */
export interface Replay {
  /** Whether the machine comes to the same states, in every run, at every event. */
  readonly agrees: boolean;
  readonly runs: readonly ReplayedRun[];
  readonly ending: Ending;
  /** Numbers of lines that a dying process left unfinished. */
  readonly torn: readonly number[];
}

/** A machine as pure functions: what `mcp-actor/machines` gives as `start` and `step`. */
export interface PureMachine {
  readonly start: (input: { readonly options: ChartOptions }) => readonly [ClientSnapshot, ...(readonly unknown[])];
  readonly step: (
    snapshot: ClientSnapshot,
    event: Parameters<typeof step>[1],
  ) => readonly [ClientSnapshot, ...(readonly unknown[])];
}

/** What a recording is replayed on. */
export interface ReplayOptions {
  /** Default: the machine that ships. */
  readonly machine?: PureMachine;
}

/**
 * Replays a recording: every recorded event is given to the machine, and what it comes to is compared
 * with what was recorded then: the state, how much is held, and the digest of the whole context. Times
 * are not used: deadlines that passed were recorded as events.
 *
 * @param source a path or `file:` URL of a recording, or its lines
 * @returns whether the machine agrees, the path of every client, and the first difference of each
 * @throws RecordingError when there is no such file, it is no recording, or it is damaged before its end
 * @example
 * ```ts
 * import { replayRun } from 'mcp-actor/inspector';
 *
 * const { agrees, runs } = await replayRun('run.jsonl');
 * console.log(agrees, runs[0]?.steps.map(({ recorded }) => recorded.state));
 * ```
 */
export async function replayRun(
  source: RecordingSource,
  { machine = { start, step } }: ReplayOptions = {},
): Promise<Replay> {
  const { runs, ending, torn } = await readRecording(source);
  const replayed = runs.map((run) => replayOf(run, machine));
  return { agrees: replayed.every(({ difference }) => difference === null), runs: replayed, ending, torn };
}

function replayOf({ header, events }: RecordedRun, machine: PureMachine): ReplayedRun {
  const steps = events.map(({ n, at, event, state, digest = null, generation, leases, queued, sent, inbound }) => ({
    n,
    at: Math.max(0, at - header.at),
    event,
    recorded: { state, generation, leases, queued, sent, inbound, digest },
  }));
  const { client, name, package: version, options, state } = header;
  const beginning: Moment = { ...NOTHING, state, digest: header.digest };
  const difference = firstDifference(machine, options, beginning, steps);
  return { client, name, package: version, options, start: state, steps, difference };
}

const NOTHING: Holdings = { generation: 0, leases: 0, queued: 0, sent: 0, inbound: 0 };

function firstDifference(
  machine: PureMachine,
  options: ChartOptions,
  beginning: Moment,
  steps: readonly ReplayStep[],
): Difference | null {
  let [snapshot] = machine.start({ options });
  const atStart = compare(0, 0, beginning, snapshot);
  if (atStart !== null) return atStart;
  let agreed = 0;
  for (const { n, event, recorded } of steps) {
    [snapshot] = machine.step(snapshot, revived(event));
    const difference = compare(n, agreed, recorded, snapshot);
    if (difference !== null) return difference;
    if (recorded.digest !== null) agreed = n;
  }
  return null;
}

function compare(n: number, agreed: number, recorded: Moment, snapshot: ClientSnapshot): Difference | null {
  const replayed: Moment = {
    state: stateOf(snapshot),
    ...holdingsOf(snapshot),
    digest: recorded.digest === null ? null : digestOf(snapshot),
  };
  const plain = ['state', 'generation', 'leases', 'queued', 'sent', 'inbound'] as const;
  const what: string[] = plain.filter((key) => recorded[key] !== replayed[key]);
  if (what.length === 0 && recorded.digest !== replayed.digest) what.push('digest');
  return what.length === 0 ? null : { n, agreed, what, recorded, replayed, context: plainContext(snapshot) };
}
