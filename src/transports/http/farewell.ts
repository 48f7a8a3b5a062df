/** What the steps of the end are for a session over HTTP; when each has to be over is in `closing.ts`. */
import type { Clock } from '../../protocol/clock.js';
import type { ClosingSteps } from './closing.js';
import type { Endpoint } from './endpoint.js';
import { Exchange } from './exchange.js';
import type { Outgoing, Outstanding } from './outstanding.js';
import type { HttpRequest } from './wire.js';

export interface Ending {
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  readonly outstanding: Outstanding<Outgoing>;
  /** False when the server has forgotten the session, or is gone: there is nothing to delete. */
  readonly knowsUs: () => boolean;
  /** From here on nothing of the link may run. */
  readonly over: () => void;
  readonly ended: () => void;
}

export function endOfSession({ clock, endpoint, outstanding, knowsUs, over, ended }: Ending): ClosingSteps {
  return {
    flush: (done) => {
      outstanding.whenIdle(done);
    },
    deleteSession: (done) => {
      if (!endpoint.inSession || !knowsUs()) {
        done();
        return;
      }
      // What is still not acknowledged has had its time, and holds the sockets.
      outstanding.abortAll();
      const say = (request: HttpRequest): void => {
        new Farewell(clock, done).enter(endpoint.control, request);
      };
      endpoint.prepare('DELETE', null, say, done);
    },
    destroy: (done) => {
      over();
      void endpoint.wires.destroy().then(done, done);
    },
    ended,
  };
}

/** The DELETE of a session. 405 is a fine answer, and so is none: the server forgets in its own time. */
class Farewell extends Exchange {
  readonly #done: () => void;

  constructor(clock: Clock, done: () => void) {
    super(clock, true);
    this.#done = done;
  }

  protected head(): void {
    this.#done();
  }

  protected data(): void {}

  protected end(): void {
    this.#done();
  }

  protected fail(): void {
    this.#done();
  }
}
