/** What is shown while the run lasts: a picture on a terminal, lines in a pipe. */
import type { Stage } from '../stage.js';
import { LiveView } from './live.js';
import { PlainView } from './plain.js';

export interface View {
  /** Time zero. */
  start(): void;
  /** Something happened that everybody should know. */
  event(text: string): void;
  stop(): void;
}

export interface Scene {
  readonly stage: Stage;
  readonly headline: string;
  readonly seconds: number;
}

export const viewOf = (scene: Scene): View => (process.stdout.isTTY ? new LiveView(scene) : new PlainView(scene));
