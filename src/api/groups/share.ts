/** A part in the session of one server, which may be slow to come, or never: nobody waits for more than its first attempt. */
import { textOf } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import type { Lease } from '../lease.js';
import type { SnapshotRecord } from '../snapshot.js';

export class Share {
  readonly client: Client;
  /** Resolves when the attempt that is under way, or the next if there is none, has come out. Never rejects. */
  readonly first: Promise<void>;
  readonly #abandon = new AbortController();
  #lease: Lease | null = null;
  #isFirstOver = false;
  #isOver = false;
  #reason: Error | null = null;

  constructor(client: Client, label: string | undefined) {
    this.client = client;
    const { generation, path } = client.getSnapshot();
    const attempt = isAttempt(path) ? generation : generation + 1;
    this.first = new Promise((resolve) => {
      const conclude = (): void => {
        this.#isFirstOver = true;
        resolve();
      };
      const look = (record: SnapshotRecord): void => {
        if (hasFailed(record, attempt)) conclude();
      };
      const forget = client.subscribe(look);
      void client
        .connect({ signal: this.#abandon.signal, label })
        .then(
          (lease) => {
            this.#lease = lease;
          },
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
    });
  }

  /** The session is there, or is being replaced: what is asked of it is answered, or waits. */
  get lease(): Lease | null {
    return this.#lease?.active === true ? this.#lease : null;
  }

  /** Its first attempt has failed, and another is on its way. */
  get isDelayed(): boolean {
    return this.#isFirstOver && this.#lease === null && !this.#isOver;
  }

  /** Nothing more will come of it: given up, closed, or released. */
  get isOver(): boolean {
    return this.#isOver || this.#lease?.active === false;
  }

  /** Why there is no session; null when nothing has failed. */
  get failure(): Error | null {
    return this.client.failure ?? this.#reason;
  }

  /** The same in short: the root cause, as the end of a sentence. */
  get reason(): string {
    const { failure } = this.client.getSnapshot();
    if (failure !== null) return failure.message;
    return this.#reason?.message ?? 'it has not come up yet';
  }

  /** Resolves when nothing of it is left, as far as it was the last one to hold the session. */
  async release(): Promise<void> {
    this.#abandon.abort('released');
    if (this.#lease !== null) {
      await this.#lease.release();
      return;
    }
    await nobodyHolds(this.client);
  }
}

/** Its session has ended; or somebody else has a part in it by now, and it is theirs. */
function nobodyHolds(client: Client): Promise<void> {
  const isSettled = (): boolean => client.state === 'disconnected' || client.leases.length > 0;
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
