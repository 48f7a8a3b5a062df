/**
 * Where the browser is sent back to: one page, on this machine only, for one login. What is not the answer
 * to that login changes nothing: anybody who sees the port can ask for the page.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusal } from './failures.js';
import { sameIssuer } from './issuer.js';
import { denied, pages, show, type Page } from './pages.js';
import { isSame } from './secrets.js';

export interface CallbackPlace {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Which answer is the right one. */
export interface Expected {
  readonly state: string;
  /** Whom the user was sent to; null where that is not known. */
  readonly issuer: string | null;
  /** It says who it is in each answer (RFC 9207). */
  readonly namesItself: boolean;
}

interface Waiting extends Expected {
  readonly resolve: (code: string) => void;
  readonly reject: (error: Error) => void;
}

export class Callback {
  readonly #server: Server;
  readonly #place: CallbackPlace;
  #waiting: Waiting | null = null;
  #isAnswered = false;

  private constructor(place: CallbackPlace) {
    this.#place = place;
    this.#server = createServer({ maxHeaderSize: 32 * 1024, requestTimeout: 10_000 }, (request, response) => {
      show(response, this.#pageFor(request, response));
    });
  }

  /** Rejects with the error of the system where the port cannot be had. */
  static async listen(place: CallbackPlace): Promise<Callback> {
    const callback = new Callback(place);
    await new Promise<void>((resolve, reject) => {
      callback.#server.once('error', reject);
      // A name might lead to more than this machine.
      callback.#server.listen(place.port, place.host === '[::1]' ? '::1' : '127.0.0.1', resolve);
    });
    callback.#server.on('error', () => undefined);
    return callback;
  }

  get redirectUri(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${this.#place.host}:${String(port)}${this.#place.path}`;
  }

  /** The code. The first answer that is the right one counts. */
  answer(expected: Expected): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { ...expected, resolve, reject };
    });
  }

  /** Sockets that are open are given a moment to show their page. */
  close(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      this.#server.closeAllConnections();
    }, 500);
    timer.unref();
    this.#server.once('close', () => {
      clearTimeout(timer);
    });
  }

  #pageFor({ method, url = '/' }: IncomingMessage, response: ServerResponse): Page {
    const base = 'http://127.0.0.1';
    const target = URL.canParse(url, base) ? new URL(url, base) : new URL('/', base);
    if (target.pathname !== this.#place.path || target.origin !== base) return pages.notHere;
    if (method !== 'GET') return pages.notThisWay;
    if (this.#isAnswered) return pages.tooLate;
    const given = target.searchParams;
    const waiting = this.#waiting;
    if (waiting === null || !isSame(given.get('state') ?? '', waiting.state)) return pages.unknown;
    this.#isAnswered = true;
    // Told when the page is out: the program may end with what it is told.
    const [page, tell] = verdict(given, waiting);
    response.once('close', tell);
    return page;
  }
}

function verdict(given: URLSearchParams, { issuer, namesItself, resolve, reject }: Waiting): [Page, () => void] {
  const named = given.get('iss');
  const isMistaken = named === null ? namesItself : issuer !== null && !sameIssuer(named, issuer);
  if (isMistaken) {
    // Another server than the one we began with may be after the code: RFC 9207, 2.4.
    const message = 'the answer to the login is not from the authorization server that it was asked of';
    return [pages.mistaken, () => reject(refusal('issuer_mismatch', message))];
  }
  const error = given.get('error');
  if (error !== null) {
    const said = /^[a-z_]{1,40}$/.test(error) ? error : 'an error';
    return [
      denied(error, given.get('error_description')),
      () => reject(refusal('login_denied', `the login was refused: ${said}`)),
    ];
  }
  const code = given.get('code') ?? '';
  if (code !== '') return [pages.done, () => resolve(code)];
  return [
    pages.unknown,
    () => reject(refusal('login_denied', 'the answer to the login has neither a code nor an error')),
  ];
}
