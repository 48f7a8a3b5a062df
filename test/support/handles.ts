/** What keeps this process busy, of the kinds that a client uses. */
const OURS = /Process|Pipe|TCP|Socket|Timeout|Immediate/;

export const handles = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((name) => OURS.test(name))
    .sort();
