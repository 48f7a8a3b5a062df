/**
 * The first run: the same agents and the same faults, through the SDK's client and through
 * mcp-actor, side by side on real servers.
 *
 *     npm start                                       four servers of ours, twelve seconds
 *     npm start -- <url | script | config.json>       your own server, with lists and pings only
 */
import { Command, InvalidArgumentError } from 'commander';
import { Processes } from './processes.js';
import { run } from './run.js';
import { demo, own, type Stage } from './stage.js';
import { tableOf } from './view/table.js';
import { viewOf } from './view/view.js';

interface Options {
  readonly agents: number;
  readonly seconds: number;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};

const command = new Command('npm start --')
  .description('The same agents and the same faults, through the SDK’s client and through mcp-actor, side by side.')
  .argument('[server]', 'your own: an http(s) URL, a .js, .ts or .py script, or a .json config with one server')
  .option('--agents <count>', 'agents on each side', positive, 200)
  .option('--seconds <seconds>', 'how long they work', positive, 12)
  .action(async (server: string | undefined, options: Options) => {
    process.exitCode = await main(server, options);
  });

/** @returns the exit status: 1 when our side has left anything behind */
async function main(server: string | undefined, { agents, seconds }: Options): Promise<number> {
  const over = new AbortController();
  endOnSignals(over);
  process.on('exit', () => {
    Processes.killAll();
  });
  console.log(server === undefined ? 'Starting four servers for each side ...' : `Trying ${server} ...`);
  const stage = server === undefined ? await demo() : await own(server);
  const headline = `${String(agents)} agents on each side, the same calls, the same faults at the same moments`;
  const leftovers = await run(stage, { agents, seconds, over, view: viewOf({ stage, headline, seconds }) });
  console.log(`\n${tableOf(stage, leftovers, seconds)}`);
  const processes = processesOfOurs(stage, leftovers.processes);
  console.log(`${String(leftovers.promises)} promises unsettled, ${String(processes)} processes left`);
  return leftovers.promises === 0 && processes === 0 ? 0 : 1;
}

const processesOfOurs = ({ lanes }: Stage, left: ReadonlyMap<(typeof lanes)[number], number>): number =>
  lanes.filter(({ side }) => side === 'mcp-actor').reduce((sum, lane) => sum + (left.get(lane) ?? 0), 0);

/** The first Ctrl-C ends the run as time does; the second does not wait for it. */
function endOnSignals(over: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (over.signal.aborted) process.exit(130);
      over.abort();
    });
  }
}

await command.parseAsync();
