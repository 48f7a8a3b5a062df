/**
 * Two processes that work off the jobs of a check, so that each has a core: more would only wait for
 * one. A process that has done a job keeps what it has learnt to run fast, so it gets the next one too.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiled } from '../simulate/plain.js';
import type { Done, Job } from './job.js';

const source = fileURLToPath(new URL('./worker.ts', import.meta.url));
// Nearly all that a step makes is garbage by the next one: with room for it, little is ever copied.
const execArgv = ['--max-semi-space-size=64'];

/** Does all jobs, the first ones first, and tells of each that is done. */
export async function workOff(jobs: readonly Job[], tell: (done: Done) => void): Promise<void> {
  const waiting = [...jobs];
  const worker = compiled(source);
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(worker.path, { execArgv });
      const next = (): void => {
        const job = waiting.shift();
        if (job !== undefined) child.send(job);
        else {
          child.disconnect();
          resolve();
        }
      };
      child.on('message', (done) => {
        tell(done as Done);
        next();
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        // Unless all is done anyway: then the others need not go on either.
        waiting.length = 0;
        reject(new Error(`a process of the check ended by itself, with ${String(code ?? signal)}`));
      });
      next();
    });
  try {
    await Promise.all(Array.from({ length: Math.min(2, jobs.length) }, work));
  } finally {
    worker.remove();
  }
}
