/**
 * The address that clients know of an HTTP server: a proxy that can be pointed at another process,
 * as the load balancer of a rolling restart is, and that can cut an answer off, as networks do.
 * It hands on bytes, so that whatever happens to a connection happens to both of its ends.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export class Gateway {
  readonly #server = createServer((client) => {
    this.#forward(client);
  });
  readonly #clients = new Set<Socket>();
  /** Those whose call is being answered by a stream. */
  readonly #streams = new Set<Socket>();
  #target = 0;
  #cutNext = false;

  async open(target: number): Promise<void> {
    this.#target = target;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/mcp`);
  }

  /** New connections go to another process. The others live as long as theirs does. */
  pointTo(target: number): void {
    this.#target = target;
  }

  /** Cuts one answer off: the oldest that is under way, or else the first that will be. */
  cutStream(): void {
    const [stream] = this.#streams;
    this.#cutNext = stream === undefined;
    stream?.destroy();
  }

  close(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
  }

  #forward(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    this.#clients.add(client);
    this.#watch(client, server);
    client.pipe(server).pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    client.on('close', () => {
      this.#clients.delete(client);
      this.#streams.delete(client);
    });
  }

  /** Finds out whether a call is being answered, and by a stream. */
  #watch(client: Socket, server: Socket): void {
    let isCall = false;
    client.on('data', (chunk: Buffer) => {
      const isRequest = /^(GET|POST|DELETE) /.exec(chunk.toString('latin1', 0, 7));
      if (isRequest !== null) isCall = isRequest[1] === 'POST';
    });
    server.on('data', (chunk: Buffer) => {
      if (isCall && chunk.includes('text/event-stream')) this.#streams.add(client);
      // What has been answered cannot be cut off any more.
      if (!this.#streams.has(client) || chunk.includes('"result"')) this.#streams.delete(client);
      else if (this.#cutNext) this.cutStream();
    });
  }
}
