/** Processes that simulate side by side: each gets a batch as soon as it is done with the last. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Batch, BatchResult } from './batch.js';

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface CrewOptions {
  readonly workers: number;
  readonly mutant?: string;
}

/** Runs all batches, and tells of each; `tell` answers whether to go on. */
export async function runBatches(
  batches: Iterator<Batch>,
  { workers, mutant }: CrewOptions,
  tell: (result: BatchResult) => boolean,
): Promise<void> {
  let goesOn = true;
  const work = (child: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      const next = (): void => {
        const batch = goesOn ? batches.next() : null;
        if (batch === null || batch.done === true) {
          child.disconnect();
          resolve();
        } else child.send(batch.value);
      };
      child.on('message', (result) => {
        goesOn = tell(result as BatchResult) && goesOn;
        next();
      });
      child.on('exit', (code, signal) => {
        reject(new Error(`a worker ended by itself, with ${String(code ?? signal)}`));
      });
      next();
    });
  const children = Array.from({ length: workers }, () =>
    fork(worker, mutant === undefined ? [] : [mutant], { execArgv: ['--import', 'tsx'] }),
  );
  await Promise.all(children.map(work));
}
