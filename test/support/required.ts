/**
 * What a suite takes that npm does not bring. What is not there is said once, loudly, and its tests are skipped;
 * unless the variable says that it has to be there.
 */
export async function required<T>(what: string, variable: string, find: () => Promise<T>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    const why = whyNot(error);
    if ((process.env[variable] ?? '') !== '') {
      throw new Error(`${variable} is set, and ${what} cannot be had:\n${why}`, { cause: error });
    }
    const line = '!'.repeat(100);
    process.stderr.write(`\n${line}\nThe suites with ${what} are SKIPPED.\n${why}\n${line}\n\n`);
    return null;
  }
}

/** The end of what a program said that failed, or the error itself. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return said === '' ? error.message : said.split('\n').slice(-5).join('\n');
}
