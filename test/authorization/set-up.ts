/**
 * Before the first test: a Chromium is looked for, and FastMCP's environment is made or found. What is not
 * there is said once, loudly, and its tests are skipped; unless it was asked for.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { environmentOf } from '../interop/fastmcp/environments.js';
import { current } from '../interop/fastmcp/versions.js';
import { required } from '../support/required.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Python of FastMCP's current release; null where there is none. */
    fastmcpPython: string | null;
    /** The Chromium of this machine; null where there is none. */
    chromium: string | null;
  }
}

export default async function setUp(project: TestProject): Promise<void> {
  const chromium = await required('Chromium', 'MCP_ACTOR_REQUIRE_BROWSER', findChromium);
  const python = await required(`FastMCP ${current.version}`, 'MCP_ACTOR_REQUIRE_PYTHON', () => environmentOf(current));
  project.provide('chromium', chromium);
  project.provide('fastmcpPython', python);
}

/** The one of the system: none is downloaded. */
async function findChromium(): Promise<string> {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const program = process.env['CHROMIUM'] ?? places.find((place) => existsSync(place));
  if (program === undefined) {
    throw new Error(
      'It is not there. Debian: apt-get install chromium (.ci/programs does it); elsewhere: CHROMIUM=/path/to/it',
    );
  }
  await promisify(execFile)(program, ['--version'], { timeout: 30_000 });
  return program;
}
