/**
 * A server as a child process, spoken to over its stdin and stdout: what the rest sees of it.
 *
 * In reading order, in `stdio/`:
 * - `link.ts`: what the fate of the process and of its pipes means to the link
 * - `process.ts`: one process with its three pipes; `environment.ts`: what it gets to see, and what of
 *   that is secret; `stderr-tail.ts`: what is kept of what it complains about; `stderr-log.ts`: where
 *   that is written to as well
 * - `process-group.ts`: whatever it started, and that nothing of it outlives us
 * - `termination.ts`: how it is ended, step by step; `grace.ts`: what a loss waits for
 * - `parting.ts`: that one which is kept for later does not keep us
 * - `json-lines.ts`: messages as lines; `line-framer.ts`: lines from bytes
 * - `failures.ts`: what goes wrong, in words
 */
export { stdioLink, type StdioPorts } from './stdio/link.js';
export type { StdioOptions } from './stdio/process.js';
