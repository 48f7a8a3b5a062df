/** Errors that nobody catches, for the length of one run. */
const events = ['uncaughtException', 'unhandledRejection'] as const;

/** @returns a function that ends it */
export function listenForUncaught(tell: (what: string) => void): () => void {
  const listeners = events.map((event) => {
    const listener = (error: unknown): void => {
      tell(`${event}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    };
    process.on(event, listener);
    return [event, listener] as const;
  });
  return () => {
    for (const [event, listener] of listeners) process.off(event, listener);
  };
}
