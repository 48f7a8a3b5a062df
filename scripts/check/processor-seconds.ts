/** Seconds of processor time that this process has taken: the same on a busy machine, or nearly. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
