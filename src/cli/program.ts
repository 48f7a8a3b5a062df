/** The commands and their options; what they print goes where they are told to. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { chartCommand } from './chart.js';
import { replayCommand } from './replay.js';

export type Print = (text: string) => void;

/** The whole command line. A wrong one, or a command that fails, ends in one line on stderr and exit status 1. */
export function program(print: Print): Command {
  return new Command('mcp-actor')
    .description('Look into the MCP client whose lifecycle is a statechart.')
    .version(version())
    .configureOutput({ writeOut: print })
    .showHelpAfterError('(mcp-actor --help says what there is)')
    .addCommand(chartCommand(print))
    .addCommand(replayCommand(print));
}

/** The same path from `src/cli` and from `dist/cli`. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
