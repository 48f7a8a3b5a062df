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

/** The environment of a server process: the allowed part of `parent`, overridden by `given`. */
export function serverEnvironment(
  given: Environment = {},
  parent: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = parent[name];
    // A value of this form is a function that some shells would run on start (CVE-2014-6271).
    if (value !== undefined && !value.startsWith('()')) environment[name] = value;
  }
  return { ...environment, ...given };
}

const SECRET_NAME = /key|token|secret|passw|auth|credential/i;
/** Anything shorter would blot out innocent text. */
const SHORTEST_SECRET = 8;

/** Takes the values that a caller gave as secrets, to go by their names, out of a text. */
export function redact(text: string, given: Environment = {}): string {
  let redacted = text;
  for (const [name, value] of Object.entries(given)) {
    if (SECRET_NAME.test(name) && value.length >= SHORTEST_SECRET) redacted = redacted.replaceAll(value, '[redacted]');
  }
  return redacted;
}
