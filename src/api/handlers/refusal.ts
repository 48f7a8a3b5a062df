/** How a request of the server is answered when it cannot be answered as it was meant. */
import type { z } from 'zod';
import { textOf } from '../../protocol/failure.js';
import type { PeerError } from '../../protocol/json-rpc.js';

export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** Thrown where a request is answered: the error that the server is given, and whose fault it is. */
export class Refusal extends Error {
  readonly code: number;
  /** A handler's fault is told to `onError`; a server's is told to the server. */
  readonly fault: 'handler' | 'server';

  constructor(code: number, message: string, fault: 'handler' | 'server') {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.fault = fault;
  }
}

/** The params do not fit the protocol's schema. */
export const badParams = (method: string, error: z.core.$ZodError): Refusal =>
  new Refusal(INVALID_PARAMS, `the params of ${method} are not those of the protocol: ${issuesOf(error)}`, 'server');

/** What a handler gave does not fit the protocol's schema. */
export const badResult = (where: string, what: string, error: z.core.$ZodError): Refusal =>
  new Refusal(INTERNAL_ERROR, `what ${where} gave is not ${what}: ${issuesOf(error)}`, 'handler');

/** A server's own words may be of any length. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}...`;

/** The first is enough to go on: of a choice of schemas there may be dozens. */
function issuesOf({ issues }: z.core.$ZodError): string {
  const [first] = issues;
  if (first === undefined) return 'invalid';
  const message = shortened(first.message, 300);
  return first.path.length === 0 ? message : `${shortened(first.path.join('.'), 200)}: ${message}`;
}

/**
 * What the server is told of something thrown. The codes of JSON-RPC are negative: an error that has one
 * was meant for the server (`-1`: the user said no), whichever class it is of; all else is -32603.
 */
export function peerErrorOf(thrown: unknown): PeerError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const message = textOf(thrown);
  if (!Number.isInteger(code) || (code as number) >= 0) return { code: INTERNAL_ERROR, message };
  const data = 'data' in (thrown as Error) ? (thrown as Error & { data: unknown }).data : undefined;
  return { code: code as number, message, ...(data === undefined ? {} : { data }) };
}

/** A value as it goes over a wire. What is no JSON would fail there, and take the session with it. */
export function asJson(where: string, value: unknown): unknown {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return JSON.parse(text) as unknown;
  const why = cause === undefined ? '' : `: ${textOf(cause)}`;
  throw new Refusal(INTERNAL_ERROR, `what ${where} gave is no JSON value${why}`, 'handler');
}
