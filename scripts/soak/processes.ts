/** Child processes of a soak, by the mark among their arguments. */
import { execFileSync } from 'node:child_process';

/** Those that run; a zombie only waits to be collected. */
export function runningWith(mark: string): number[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(mark) && !/^\s*\d+ Z/.test(line))
    .map((line) => Number.parseInt(line, 10));
}
