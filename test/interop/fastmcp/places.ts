/** Every release over every transport, as a table of suites; and what clients of them are made with. */
import { describe, inject, onTestFinished } from 'vitest';
import { Client, type ClientOptions, type Source } from '../../../src/index.js';
import { overStdio, type Script } from './servers.js';
import type { Missing, Prepared } from './set-up.js';
import { current, previous, releases, type Release } from './versions.js';

export type TransportName = 'stdio' | 'streamable HTTP' | 'SSE';

/** One release over one transport. */
export interface Place {
  readonly version: string;
  readonly transport: TransportName;
  readonly python: string;
  /** The server that all suites share; over stdio, one of its own for each client. */
  readonly source: Source;
}

const sourceOf = (transport: TransportName, script: Script, { python, server, tasks }: Prepared): Source => {
  const { http, sse } = script === 'tasks.py' && tasks !== null ? tasks : server;
  switch (transport) {
    case 'stdio':
      return overStdio(python, script);
    case 'streamable HTTP':
      return http;
    case 'SSE':
      return sse;
  }
};

/** The same suite in every place; what is missing is skipped, and the set-up has said so. */
export function everywhere(suite: (place: Place) => void): void {
  inPlaces('server.py', releases, ['stdio', 'streamable HTTP', 'SSE'], suite);
}

/** The release with tasks of our era. */
export function whereTasksAre(suite: (place: Place) => void): void {
  inPlaces('tasks.py', [previous], ['stdio', 'streamable HTTP'], suite);
}

/** The same suite for each release, which starts servers of its own. */
export function eachRelease(suite: (release: Prepared) => void): void {
  for (const release of releases) {
    const found = preparedOf(release);
    describe.skipIf('missing' in found)(`FastMCP ${release.version}`, () => {
      suite(orNowhere(found));
    });
  }
}

/** One suite for both releases at once. */
export function together(suite: (first: Prepared, second: Prepared) => void): void {
  const [first, second] = [preparedOf(current), preparedOf(previous)];
  const title = `FastMCP ${current.version} and ${previous.version}`;
  describe.skipIf('missing' in first || 'missing' in second)(title, () => {
    suite(orNowhere(first), orNowhere(second));
  });
}

function inPlaces(
  script: Script,
  versions: readonly Release[],
  transports: readonly TransportName[],
  suite: (place: Place) => void,
): void {
  for (const release of versions) {
    const { version } = release;
    const found = preparedOf(release);
    const prepared = orNowhere(found);
    for (const transport of transports) {
      describe.skipIf('missing' in found)(`FastMCP ${version} over ${transport}`, () => {
        suite({ version, transport, source: sourceOf(transport, script, prepared), python: prepared.python });
      });
    }
  }
}

const preparedOf = ({ version }: Release): Prepared | Missing =>
  inject('fastmcp')[version] ?? { missing: 'it was not asked for' };

/** Suites that are skipped are made all the same, so that they can be counted. */
const nowhere: Prepared = {
  python: 'python3',
  server: { http: 'http://127.0.0.1:9/mcp', sse: 'http://127.0.0.1:9/sse' },
  tasks: null,
};
const orNowhere = (found: Prepared | Missing): Prepared => ('missing' in found ? nowhere : found);

/** A client for one test. */
export function clientFor(source: Source, options: ClientOptions = {}): Client {
  const client = new Client(source, { name: 'test', ...options });
  onTestFinished(() => client.close({ drain: 0, timeout: 1_000 }));
  return client;
}
