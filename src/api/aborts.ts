/**
 * One listener for each signal, however many calls share it: Node warns at eleven listeners, and a
 * signal that outlives its calls must not keep them.
 */
interface Entry {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const entries = new WeakMap<AbortSignal, Entry>();

/** Calls back when the signal aborts, and once only. The returned function takes that back. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let entry = entries.get(signal);
  if (entry === undefined) {
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      entries.delete(signal);
      for (const each of callbacks) each();
    };
    entry = { callbacks, listener };
    entries.set(signal, entry);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { callbacks, listener } = entry;
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    signal.removeEventListener('abort', listener);
    if (entries.get(signal)?.callbacks === callbacks) entries.delete(signal);
  };
}

/** What a signal's reason says, for messages; undefined where it says nothing of its own. */
export function reasonText(reason: unknown): string | undefined {
  if (reason instanceof Error) return reason.message;
  return typeof reason === 'string' ? reason : undefined;
}
