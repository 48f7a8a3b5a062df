/** One client, seen from the bench: a process that does one thing at a time, and may fail at it. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Sample } from './measure.js';
import type { PeerId } from './peers.js';
import type { Surroundings } from './row.js';
import type { Order, Reply } from './worker.js';

/** No order takes nearly as long. A client that hangs must not hang the bench. */
const PATIENCE = 120_000;

export class Subject {
  readonly id: PeerId;
  readonly #process: ChildProcess;
  readonly #started: Promise<unknown>;
  /** The end of what it wrote to stderr. */
  #complaint = '';

  /** @param profileDirectory where to leave a CPU profile of all that it does, if anywhere */
  constructor(id: PeerId, profileDirectory: string | null) {
    this.id = id;
    this.#process = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [id], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      execArgv: [
        '--expose-gc',
        '--import',
        import.meta.resolve('tsx'),
        ...(profileDirectory === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`]),
      ],
      // Conditions and hooks of the surroundings do not ship, and printing warnings is nobody's work.
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    this.#started = this.#reply();
    // Told to whoever gives the first order.
    this.#started.catch(() => undefined);
  }

  async prepare(row: string, surroundings: Surroundings): Promise<void> {
    await this.#started;
    await this.#order({ kind: 'prepare', row, surroundings });
  }

  async round(): Promise<Sample> {
    return (await this.#order({ kind: 'round' })) as Sample;
  }

  async end(): Promise<void> {
    await this.#order({ kind: 'end' });
  }

  /** Resolves when the process is gone. */
  stop(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      if (child.connected) child.disconnect();
    });
  }

  #order(order: Order): Promise<unknown> {
    const reply = this.#reply();
    if (this.#process.connected) this.#process.send(order);
    return reply;
  }

  #reply(): Promise<unknown> {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        act();
      };
      const fail = (text: string): void => {
        settle(() => {
          reject(new Error(text));
        });
      };
      const onMessage = (reply: Reply): void => {
        if (reply.ok)
          settle(() => {
            resolve(reply.value);
          });
        else fail(reply.error);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        const reason = /^.*Error.*$/m.exec(this.#complaint)?.[0] ?? '';
        fail(`its process ended (${signal ?? String(code)}) ${reason}`.trim());
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail('it did not answer in two minutes');
      }, PATIENCE);
      child.on('message', onMessage);
      child.on('exit', onExit);
      if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
    });
  }
}
