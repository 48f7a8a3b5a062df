/**
 * The first run: the same agents and the same faults, through the SDK's client and through
 * mcp-actor, side by side on real servers.
 *
 *     npm start                                       four servers of ours, twelve seconds
 *     npm start -- <url | script | config.json>       your own server, with lists and pings only
 *
 * `agents.ts` says what is done, `faults.ts` what goes wrong, `run.ts` when. `sides/` holds the two
 * clients behind one interface, `tally.ts` counts what becomes of their calls, and `view/` shows it.
 */
import { Command, InvalidArgumentError } from 'commander';
import { Processes } from './processes.js';
import { run, type Leftovers } from './run.js';
import { demo, own } from './stage.js';
import { tableOf } from './view/table.js';
import { viewOf, type View } from './view/view.js';

interface Options {
  readonly agents?: number;
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
  .option('--agents <count>', 'agents on each side (default: 200, and 20 for a server of your own)', positive)
  .option('--seconds <seconds>', 'how long they work', positive, 12)
  .action(async (server: string | undefined, options: Options) => {
    process.exitCode = await main(server, options);
    // Our side leaves nothing that could keep us; what the other does, we cannot know.
    setTimeout(() => process.exit(), 1_000).unref();
  });

/** @returns the exit status: 1 when our side has left anything behind */
async function main(server: string | undefined, options: Options): Promise<number> {
  const { agents = server === undefined ? 200 : 20, seconds } = options;
  const over = new AbortController();
  endOnSignals(over);
  process.on('exit', () => {
    Processes.killAll();
  });
  try {
    console.log(server === undefined ? 'Starting four servers for each side ...' : 'Trying your server ...');
    const stage = server === undefined ? await demo() : await own(server);
    const headline = `${String(agents)} agents on each side, the same calls, the same faults at the same moments`;
    const view = viewOf({ stage, headline, seconds });
    tellWarnings(view);
    const leftovers = await run(stage, { agents, seconds, over, view });
    console.log(`\n${tableOf(stage, leftovers, seconds)}`);
    return conclude(leftovers);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

function conclude({ promises, processes }: Leftovers): number {
  const left = [...processes].reduce((sum, [{ side }, count]) => (side === 'mcp-actor' ? sum + count : sum), 0);
  console.log(`${String(promises)} promises unsettled, ${String(left)} processes left`);
  return promises === 0 && left === 0 ? 0 : 1;
}

/** The first Ctrl-C ends the run as time does; the second does not wait for it. */
function endOnSignals(over: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (over.signal.aborted) process.exit(130);
      over.abort();
    });
  }
}

/** Node would write them into the middle of the picture. */
function tellWarnings(view: View): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ message, stack = '' }) => {
    const where = stack.includes('@modelcontextprotocol/sdk') ? 'the SDK' : 'Node';
    view.event(`warning of ${where}: ${message.split('. ')[0] ?? message}`);
  });
}

await command.parseAsync();
