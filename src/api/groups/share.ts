/** A part in the session of one server, which may be slow to come, or never: nobody waits for more than its first attempt. */
import { textOf } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import { ConnectionError } from '../errors.js';
import type { Lease } from '../lease.js';
import type { SnapshotRecord } from '../snapshot.js';

export class Share {
  readonly client: Client;
  /** Resolves when the attempt that is under way, or the next if there is none, has come out. Never rejects. */
  readonly first: Promise<void>;
  /** Resolves when the lease is there, or will not come, or came too late and is released again. Never rejects. */
  readonly #connected: Promise<void>;
  readonly #abandon = new AbortController();
  #lease: Lease | null = null;
  #isFirstOver = false;
  #isOver = false;
  #isReleased = false;
  #reason: Error | null = null;

  constructor(client: Client, label: string | undefined) {
    this.client = client;
    const { generation, path } = client.getSnapshot();
    const attempt = isAttempt(path) ? generation : generation + 1;
    let resolveFirst = (): void => undefined;
    this.first = new Promise((resolve) => (resolveFirst = resolve));
    const conclude = (): void => {
      this.#isFirstOver = true;
      resolveFirst();
    };
    const look = (record: SnapshotRecord): void => {
      if (hasFailed(record, attempt)) conclude();
    };
    const forget = client.subscribe(look);
    this.#connected = client
      .connect({ signal: this.#abandon.signal, label })
      .then(
        (lease) => this.#take(lease),
        (error: unknown) => {
          this.#isOver = true;
          this.#reason = error instanceof Error ? error : new Error(textOf(error), { cause: error });
        },
      )
      .finally(() => {
        forget();
        conclude();
      });
    look(client.getSnapshot());
  }

  /** A lease that was granted in the tick in which it was given up is nobody's. */
  async #take(lease: Lease): Promise<void> {
    if (this.#isReleased) await lease.release();
    else this.#lease = lease;
  }

  /** The session is there, or is being replaced: what is asked of it is answered, or waits. */
  get lease(): Lease | null {
    return this.#lease?.active === true ? this.#lease : null;
  }

  /** Whether the attempt that was under way at first has come out. */
  get isFirstOver(): boolean {
    return this.#isFirstOver;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Nothing more will come of it: given up, closed, or released. */
  get isOver(): boolean {
    return this.#isReleased || this.#isOver || this.#lease?.active === false;
  }

  /** Why there is no session: also that it is only on its way. */
  get failure(): Error {
    return this.client.failure ?? this.#reason ?? notUpYet(this.client);
  }

  /** The same in short: the root cause, as the end of a sentence. */
  get reason(): string {
    const { failure } = this.client.getSnapshot();
    if (failure !== null) return failure.message;
    return this.#reason?.message ?? NOT_UP_YET;
  }

  /** Resolves when nothing of it is left, as far as it was the last one to hold the session. */
  async release(): Promise<void> {
    const wasOver = this.#isOver;
    this.#isReleased = true;
    this.#abandon.abort('released');
    if (this.#lease !== null) {
      await this.#lease.release();
      return;
    }
    if (wasOver) return;
    await this.#connected;
    await isEnded(this.client);
  }
}

const NOT_UP_YET = 'it has not come up yet';

const notUpYet = ({ name, state }: Client): ConnectionError =>
  new ConnectionError({
    message: `${name}: ${NOT_UP_YET}`,
    code: 'not_up_yet',
    state,
    retryable: true,
    executed: 'no',
  });

/** Its session is not ending any more; or somebody else has a part in it by now, and it is theirs. */
function isEnded(client: Client): Promise<void> {
  const isSettled = (): boolean => client.state !== 'closing' || client.leases.length > 0;
  if (isSettled()) return Promise.resolve();
  return new Promise((resolve) => {
    const forget = client.subscribe(() => {
      if (!isSettled()) return;
      forget();
      resolve();
    });
  });
}

const isAttempt = (path: string): boolean => path !== 'connecting.backoff' && /^(connecting|initializing)\b/.test(path);

function hasFailed({ path, generation, closing }: SnapshotRecord, attempt: number): boolean {
  if (path === 'connecting.backoff' || generation > attempt) return true;
  return generation === attempt && (closing === 'failed' || closing === 'lost');
}
