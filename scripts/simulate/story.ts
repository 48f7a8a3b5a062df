/** A run as one reads it: when, who, what; and a picture of the states it came to. */
import type { RunResult } from '../../src/testing/simulator/run.js';
import type { Move } from '../../src/testing/simulator/trace.js';

/** Every line of a trace begins with the time; most go on with who. */
const line = /^(\d+) (?:(client\d+[^\s:]*(?: (?:in|out))?|clock|fault|mishap[^:]*|let go of [^:]+):? )?(.*)$/;

function column(text: string): string {
  const [, at = '', who = '', what = text] = line.exec(text) ?? [];
  return `${at.padStart(6)}  ${who.padEnd(22)} ${what}`;
}

export function storyOf({ lines, violation }: RunResult): string {
  const told = violation === null ? lines : lines.slice(0, -1);
  const end = violation === null ? 'all is well' : `NOT SO: ${violation.invariant}: ${violation.message}`;
  return [`${'ms'.padStart(6)}  ${'who'.padEnd(22)} what`, ...told.map(column), `${' '.repeat(8)}${end}`].join('\n');
}

const id = (path: string): string => path.replaceAll('.', '_');

/** One arrow for each way that was taken, with the numbers of the steps that took it. */
function arrows(moves: readonly Move[]): readonly string[] {
  const steps = new Map<string, number[]>();
  for (const [at, { from, event, to }] of moves.entries()) {
    const arrow = `${id(from)} --> ${id(to)}: ${event}`;
    steps.set(arrow, [...(steps.get(arrow) ?? []), at + 1]);
  }
  return [...steps].map(([arrow, numbers]) => arrow.replace(': ', `: ${numbers.join(', ')} `));
}

/** The states that each client came to, as Mermaid draws them. */
export function pictureOf({ moves, violation }: RunResult): string {
  const clients = [...new Set(moves.map(({ client }) => client))];
  return clients
    .map((client) => {
      const own = moves.filter((move) => move.client === client);
      const paths = [...new Set(own.flatMap(({ from, to }) => [from, to]))];
      const last = own.at(-1)?.to ?? 'disconnected';
      return [
        'stateDiagram-v2',
        ...paths.map((path) => `  state "${path}" as ${id(path)}`),
        `  [*] --> ${id(own[0]?.from ?? last)}`,
        ...arrows(own).map((arrow) => `  ${arrow}`),
        ...(violation === null ? [] : [`  note right of ${id(last)}: ${violation.invariant} is violated`]),
      ].join('\n');
    })
    .join('\n\n');
}
