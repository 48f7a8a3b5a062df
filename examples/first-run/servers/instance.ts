/** One process of an HTTP server, on a port of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export class Instance {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /**
   * Resolves when the server listens.
   *
   * @param args the arguments of Node: the server's file and its own
   * @param started told the pid, early enough to clean up whatever happens next
   */
  static async start(args: readonly string[], started: (pid: number) => void): Promise<Instance> {
    const port = await freePort();
    const child = spawn(process.execPath, args, {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: the terminal's Ctrl-C is meant for the run, which ends its servers itself.
      detached: true,
    });
    if (child.pid !== undefined) started(child.pid);
    await listening(child, args);
    return new Instance(child, port);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

function listening(child: ChildProcess, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    // Read to the end of its life: a server whose stderr nobody reads stops when the pipe is full.
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString();
      if (/(listening|running) on port/i.test(said)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => {
      reject(new Error(`node ${args.join(' ')} ended before it listened: ${said}`));
    });
  });
}
