/** A replay as JSON, in ASCII: what a file says cannot steer a terminal. */
import { infinite } from '../digest.js';
import type { Replay } from '../replay.js';

export const toJson = (replay: Replay): string =>
  `${JSON.stringify(replay, infinite, 2).replace(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
