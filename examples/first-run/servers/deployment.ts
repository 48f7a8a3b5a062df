/** An HTTP server that can be restarted without its address ever refusing a connection. */
import { Gateway } from './gateway.js';
import type { Instance } from './instance.js';

export class Deployment {
  readonly #launch: () => Promise<Instance>;
  readonly #gateway = new Gateway();
  #current: Instance;
  #replacement: Promise<Instance> | undefined;

  private constructor(launch: () => Promise<Instance>, first: Instance) {
    this.#launch = launch;
    this.#current = first;
  }

  static async start(launch: () => Promise<Instance>): Promise<Deployment> {
    const deployment = new Deployment(launch, await launch());
    await deployment.#gateway.open(deployment.#current.port);
    return deployment;
  }

  get url(): URL {
    return this.#gateway.url;
  }

  /** Starts the process that will take over. Resolves with the restart, which takes no time any more. */
  async prepare(): Promise<() => void> {
    this.#replacement = this.#launch();
    const fresh = await this.#replacement;
    return () => {
      const old = this.#current;
      this.#current = fresh;
      this.#replacement = undefined;
      // A fresh process takes over; the old one dies, and with it every session that it knew.
      this.#gateway.pointTo(fresh.port);
      void old.kill();
    };
  }

  cutStream(): void {
    this.#gateway.cutStream();
  }

  async stop(): Promise<void> {
    this.#gateway.close();
    const replacement = await this.#replacement?.catch(() => undefined);
    await Promise.all([this.#current.kill(), replacement?.kill()]);
  }
}
