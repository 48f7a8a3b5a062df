/** One server of a config: what it may say, and the source and options it comes to. */
import { z } from 'zod';
import { configFailure, FailureError } from '../../protocol/failure.js';
import { isAuth, type AuthOption } from '../auth.js';
import { remoteShape, type RemoteOptions } from '../remote-options.js';
import type { RemoteServer } from '../remote.js';
import type { StdioServer } from '../source.js';
import { expand, type Variables } from './expand.js';

/** The options of a client that a config may set for one of its servers. */
export interface ServerOptions {
  /** From `timeout`: milliseconds for each request. */
  readonly timeout?: number;
  /** From `keep_alive: true`: Infinity, the process outlives the last lease. From `false`: 0. */
  readonly idleTimeout?: number;
}

/** One server of a config, ready to be connected to. */
export interface ParsedServer {
  readonly source: StdioServer | RemoteServer;
  readonly options: ServerOptions;
}

// Other programs write null for what is not set, and numbers for what will be text.
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), scalar).nullish();

const common = {
  timeout: z.number({ error: 'must be a number of milliseconds' }).positive().nullish(),
  keep_alive: z.boolean().nullish(),
};

const kind = <const T extends readonly [string, ...string[]]>(names: T) => {
  const known = z.enum(names, { error: `must be one of ${names.join(', ')}` }).nullish();
  return { transport: known, type: known };
};

const stdioEntry = z.looseObject({
  command: z.string().min(1),
  args: z.array(scalar).nullish(),
  env: texts,
  cwd: z.string().nullish(),
  ...kind(['stdio']),
  ...common,
});

/** As they are: of JSON that is `proxy`, `socketPath`, `tls` with its PEM as text, and `terminateSession`. */
const passedOn = {
  fetch: remoteShape.fetch.nullable(),
  dispatcher: remoteShape.dispatcher.nullable(),
  tls: remoteShape.tls.nullable(),
  socketPath: remoteShape.socketPath.nullable(),
  proxy: remoteShape.proxy.nullable(),
  terminateSession: remoteShape.terminateSession.nullable(),
};

const remoteEntry = z.looseObject({
  url: z.string(),
  headers: texts,
  auth: z
    .custom<AuthOption>((value) => isAuth(value) || value === '', {
      error: "must be a bearer token or 'oauth'; in a config that is an object, it may be whatever option auth may be",
    })
    .nullish(),
  ...kind(['http', 'streamable-http', 'streamable_http', 'streamableHttp', 'sse']),
  ...passedOn,
  ...common,
});

/** `place`: where the entry stands, for messages. */
export function parseEntry(entry: unknown, place: string, variables: Variables): ParsedServer {
  const given = typeof entry === 'object' && entry !== null ? entry : {};
  const isStdio = hasKey(given, 'command');
  if (isStdio === hasKey(given, 'url')) {
    throw notValid(
      place,
      isStdio ? 'has a "command" and a "url"; it needs one of them' : 'needs a "command" or an http(s) "url"',
    );
  }
  return isStdio ? stdioServer(given, place, variables) : remoteServer(given, place, variables);
}

/** Null is how others write that it is not there. */
export function hasKey(entry: object, key: string): boolean {
  const value: unknown = key in entry ? entry[key as keyof object] : undefined;
  return value !== undefined && value !== null;
}

function stdioServer(entry: object, place: string, variables: Variables): ParsedServer {
  const { command, args, env, cwd, ...rest } = checked(stdioEntry, entry, place);
  return {
    source: {
      command: expand(command, `${place}.command`, variables),
      args: (args ?? []).map((arg, at) => expand(arg, `${place}.args.${String(at)}`, variables)),
      ...(env && { env: expandAll(env, `${place}.env`, variables) }),
      ...(typeof cwd === 'string' && { cwd: expand(cwd, `${place}.cwd`, variables) }),
    },
    options: optionsOf(rest),
  };
}

function remoteServer(entry: object, place: string, variables: Variables): ParsedServer {
  const { url, headers, auth, transport, type, ...rest } = checked(remoteEntry, entry, place);
  const address = expand(url, `${place}.url`, variables);
  // The text itself is not shown: it may hold what a variable held.
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    throw notValid(`${place}.url`, 'is not an http(s) URL');
  }
  const sent = expandAll(headers ?? {}, `${place}.headers`, variables);
  if (auth !== undefined && auth !== null && Object.keys(sent).some((name) => name.toLowerCase() === 'authorization')) {
    throw notValid(place, 'has "auth" and a header "Authorization"; give one of them');
  }
  const over = transport ?? type;
  return {
    source: {
      url: address,
      ...(over && { transport: over === 'sse' ? 'sse' : 'http' }),
      ...(Object.keys(sent).length > 0 && { headers: sent }),
      ...(auth !== undefined && auth !== null && { auth: authOf(auth, place, variables) }),
      ...given(rest),
    },
    options: optionsOf(rest),
  };
}

/** Of the options of a server with an address, those that are there. */
const given = (entry: Readonly<Record<string, unknown>>): RemoteOptions =>
  Object.fromEntries(
    Object.entries(entry).filter(([name, value]) => name in passedOn && value !== undefined && value !== null),
  );

type Texts = Readonly<Record<string, string>>;

/** Text that is not `oauth` is a token, wherever it comes from. */
function authOf(auth: AuthOption, place: string, variables: Variables): AuthOption {
  if (typeof auth !== 'string') return auth;
  const text = expand(auth, `${place}.auth`, variables);
  if (text === '') throw notValid(`${place}.auth`, 'is empty; leave it out, or give a bearer token');
  return text;
}

interface Common {
  readonly timeout?: number | null | undefined;
  readonly keep_alive?: boolean | null | undefined;
}

const optionsOf = ({ timeout, keep_alive: keepAlive }: Common): ServerOptions => ({
  ...(typeof timeout === 'number' && { timeout }),
  ...(typeof keepAlive === 'boolean' && { idleTimeout: keepAlive ? Infinity : 0 }),
});

const expandAll = (given: Texts, place: string, variables: Variables): Texts =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, expand(value, `${place}.${name}`, variables)]),
  );

function checked<T>(schema: z.ZodType<T>, entry: object, place: string): T {
  const parsed = schema.safeParse(entry);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notValid([place, ...(issue?.path ?? [])].join('.'), issue?.message ?? 'is not what it should be');
}

export const notValid = (place: string, what: string): FailureError =>
  new FailureError(configFailure('config', `the config is not valid at ${place}: ${what}`));
