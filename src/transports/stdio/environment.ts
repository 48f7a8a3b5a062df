/**
 * What a server process gets to see of our environment: what it needs to run, and what its caller
 * gives it by name. Everything else may hold a secret of the parent, so the list says what passes,
 * never what does not. (The list is that of sudo, and of the MCP SDK.)
 */
const INHERITED: readonly string[] =
  process.platform === 'win32'
    ? [
        'APPDATA',
        'HOMEDRIVE',
        'HOMEPATH',
        'LOCALAPPDATA',
        'PATH',
        'PROCESSOR_ARCHITECTURE',
        'PROGRAMFILES',
        'SYSTEMDRIVE',
        'SYSTEMROOT',
        'TEMP',
        'USERNAME',
        'USERPROFILE',
      ]
    : ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];

export type Environment = Readonly<Record<string, string>>;

type Parent = Readonly<Record<string, string | undefined>>;

/** Names of variables that pass too, because the user says so; `true`: all of them. */
export type Inherited = readonly string[] | true;

/** The environment of a server process: the allowed part of `parent`, overridden by `given`. */
export function serverEnvironment(
  given: Environment = {},
  parent: Parent = process.env,
  inherited: Inherited = [],
): Record<string, string> {
  return { ...passed(INHERITED, parent), ...inheritedFrom(parent, inherited), ...given };
}

/** What of `parent` passes because the user says so. */
export const inheritedFrom = (parent: Parent, inherited: Inherited): Record<string, string> =>
  passed(inherited === true ? Object.keys(parent) : inherited, parent);

function passed(names: readonly string[], parent: Parent): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of names) {
    const value = parent[name];
    // A value of this form is a function that some shells would run on start (CVE-2014-6271).
    if (value !== undefined && !value.startsWith('()')) environment[name] = value;
  }
  return environment;
}

/** Anything shorter would blot out innocent text. */
const SHORTEST_SECRET = 8;

/** Whatever its value looks like. `PAT` is a personal access token, and no part of `PATH`. */
const SECRET_NAME = /key|token|secret|pass|_pwd$|auth|credential|cookie|dsn|(?:^|_)pat(?:_|$)/i;
/** `scheme://user:password@` */
const USER_INFO = /^[a-z][a-z\d+.-]*:\/\/([^\s/?#]+)@/i;
const HARMLESS_NAMES = [
  /(?:PATH|_HOME|_DIR|_LEVEL|_ENV|_COLOR|_REGION)$/i,
  /^(?:HOME|PWD|OLDPWD|SHELL|USER|USERNAME|LOGNAME|HOSTNAME|EDITOR|PAGER|CI|DEBUG)$/i,
  /^(?:LANG|LANGUAGE|LC_\w+|TZ|TERM|COLORTERM|TMPDIR|TEMP|TMP|XDG_\w+)$/i,
  /^(?:NODE_OPTIONS|PYTHONIOENCODING|PYTHONUNBUFFERED|RUST_LOG|RUST_BACKTRACE)$/i,
];
const HARMLESS_VALUES = [
  /^(?:true|false|yes|no|on|off)$/i,
  /^[+-]?\d+(?:\.\d+)?$/,
  // A path: absolute, or from here or home.
  /^(?:~|\.{0,2})(?:\/[\w.@ -]+)+\/?$/,
  /^(?:[a-z]:|\.{1,2})\\[^:*?"<>|]*$/i,
];

/**
 * The values a server was given that nobody else should see. Names say little about them, so what is
 * not clearly harmless is a secret.
 */
export function secretsOf(given: Environment = {}): readonly string[] {
  const secrets = Object.entries(given).flatMap(([name, value]) => {
    const userInfo = USER_INFO.exec(value)?.[1];
    // A server that cannot reach its database may print the password alone.
    if (userInfo !== undefined) return [value, userInfo, userInfo.slice(userInfo.indexOf(':') + 1)];
    return isSecret(name, value) ? [value] : [];
  });
  return secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
}

function isSecret(name: string, value: string): boolean {
  if (SECRET_NAME.test(name)) return true;
  return !HARMLESS_NAMES.some((names) => names.test(name)) && !HARMLESS_VALUES.some((values) => values.test(value));
}

/**
 * Takes the secrets out of a text, of which only what follows `from` is returned. What is looked at
 * is all of it: a secret may begin before, and secrets may overlap.
 */
export function redact(text: string, secrets: readonly string[], from = 0): string {
  let redacted = '';
  let end = from;
  for (const [start, stop] of occurrences(text, secrets)) {
    if (stop <= end) continue;
    // The first one, or one that does not go on with what the one before it hid.
    if (start >= end || end === from) redacted += `${text.slice(end, start)}[redacted]`;
    end = stop;
  }
  return redacted + text.slice(end);
}

/** Where the secrets are, in order. */
function occurrences(text: string, secrets: readonly string[]): [start: number, stop: number][] {
  const found: [number, number][] = [];
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1))
      found.push([at, at + secret.length]);
  }
  return found.sort(([a], [b]) => a - b);
}
