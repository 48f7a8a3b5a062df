/**
 * What has to be there before these suites: FastMCP, installed, and one server of each release that
 * all of them share. Where that cannot be, the suites are skipped, and it is said why; with
 * `MCP_ACTOR_REQUIRE_PYTHON` set it is an error.
 */
import type { TestProject } from 'vitest/node';
import { whyNot } from '../../support/required.js';
import { environmentOf } from './environments.js';
import { startWeb, type Addresses, type WebServer } from './servers.js';
import { previous, releases, type Release } from './versions.js';

/** A release that is ready to be tried. */
export interface Prepared {
  readonly python: string;
  /** Of `server.py`. */
  readonly server: Addresses;
  /** Of `tasks.py`; null where the release has no tasks of ours. */
  readonly tasks: Addresses | null;
}

/** One that is not, and why. */
export interface Missing {
  readonly missing: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** By version. */
    fastmcp: Readonly<Record<string, Prepared | Missing>>;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const servers: WebServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const start = async (...of: Parameters<typeof startWeb>): Promise<Addresses> => {
    const server = await startWeb(...of);
    servers.push(server);
    return { http: server.http, sse: server.sse };
  };
  const prepared = await Promise.all(
    releases.map(async (release) => {
      try {
        return [release.version, await prepare(release, start)] as const;
      } catch (error) {
        return [release.version, { missing: whyNot(error) }] as const;
      }
    }),
  );
  const missing = prepared.flatMap(([version, one]) =>
    'missing' in one ? [`fastmcp ${version}: ${one.missing}`] : [],
  );
  if (missing.length > 0) await complain(missing.join('\n'), stop);
  project.provide('fastmcp', Object.fromEntries<Prepared | Missing>(prepared));
  return stop;
}

async function prepare(
  release: Release,
  start: (...of: Parameters<typeof startWeb>) => Promise<Addresses>,
): Promise<Prepared> {
  const python = await environmentOf(release);
  const [server, tasks] = await Promise.all([
    start(python, 'server.py'),
    release === previous ? start(python, 'tasks.py') : null,
  ]);
  return { python, server, tasks };
}

async function complain(what: string, stop: () => Promise<void>): Promise<void> {
  if ((process.env['MCP_ACTOR_REQUIRE_PYTHON'] ?? '') !== '') {
    await stop();
    throw new Error(`MCP_ACTOR_REQUIRE_PYTHON is set, and FastMCP cannot be had:\n${what}`);
  }
  const line = '!'.repeat(100);
  process.stderr.write(
    `\n${line}\nThe suites against FastMCP's own servers are SKIPPED. It takes python3 (3.10 or later), with venv, and pip.\n${what}\n${line}\n\n`,
  );
}
