/** `mcp-actor chart`: the lifecycle, as the machine that runs has it. */
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { type ChartDescription, describe } from '../machines/describe.js';
import { clientMachine } from '../machines/index.js';
import { toMermaid } from '../machines/mermaid.js';
import { toTable } from '../machines/table.js';
import type { Print } from './program.js';

const formats = {
  mermaid: (chart: ChartDescription) => toMermaid(chart),
  table: (chart: ChartDescription) => toTable(chart, { aligned: true }),
  json: (chart: ChartDescription) => `${JSON.stringify(chart, null, 2)}\n`,
};

interface ChartOptions {
  readonly format: keyof typeof formats;
  readonly output?: string;
}

export function chartCommand(print: Print): Command {
  return new Command('chart')
    .description('Print the statechart of the client.')
    .addOption(new Option('-f, --format <format>', 'how').choices(Object.keys(formats)).default('mermaid'))
    .option('-o, --output <file>', 'write it to a file instead')
    .action(async ({ format, output }: ChartOptions, command: Command) => {
      const text = formats[format](describe(clientMachine));
      if (output === undefined) {
        print(text);
        return;
      }
      await writeFile(output, text).catch((error: unknown) => {
        command.error(
          `error: the chart could not be written: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    });
}
