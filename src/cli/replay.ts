/** `mcp-actor replay`: a recording, fed to the machine again. */
import { Command, Option } from 'commander';
import { RecordingError, replayRun, type Replay } from '../inspector/index.js';
import { toJson } from '../inspector/report/json.js';
import { toPathDiagram } from '../inspector/report/mermaid.js';
import { toText } from '../inspector/report/text.js';
import { visible } from '../inspector/visible.js';
import type { Print } from './program.js';

const formats = {
  text: (replay: Replay, file: string, all: boolean) => toText(replay, file, all),
  mermaid: (replay: Replay) => toPathDiagram(replay),
  json: (replay: Replay) => toJson(replay),
};

interface ReplayCommandOptions {
  readonly format: keyof typeof formats;
  readonly all?: boolean;
}

export function replayCommand(print: Print): Command {
  return new Command('replay')
    .description('Feed a recorded run to the machine again: does it agree, and what was the path?')
    .argument('<file>', 'what record() wrote')
    .addOption(new Option('-f, --format <format>', 'how').choices(Object.keys(formats)).default('text'))
    .option('-a, --all', 'as text: a row for every event, also for those that lead nowhere else')
    .addHelpText(
      'after',
      '\nExit status: 0 when the machine agrees, 1 when it does not, or the file cannot be replayed.',
    )
    .action(async (file: string, { format, all = false }: ReplayCommandOptions, command: Command) => {
      const replay = await replayRun(file).catch((error: unknown) => {
        if (!(error instanceof RecordingError)) throw error;
        return command.error(`error: ${visible(file)}: ${visible(error.message)}`, { code: error.code });
      });
      print(formats[format](replay, file, all));
      // Not at once: a pipe may not have taken all that was printed.
      if (!replay.agrees) process.exitCode = 1;
    });
}
