/** `mcp-actor/inspector`: runs of clients, recorded and replayed. */
export type { Holdings, RecordedEvent, RecordedFailure, RecordedMessage, RecordedRequest } from './format.js';
export type { Ending, RecordingSource } from './reading.js';
export { record, type Recorder, type RecordOptions } from './record.js';
export { RecordingError, type RecordingProblem } from './recording-error.js';
export {
  replayRun,
  type Difference,
  type Moment,
  type PureMachine,
  type Replay,
  type ReplayedRun,
  type ReplayOptions,
  type ReplayStep,
} from './replay.js';
