/**
 * Servers that are kept though nobody uses them do not keep the program alive. When it has nothing
 * left to do they are told, as gently as at any other end; whoever does not go is killed at the exit.
 */
const parting = new Map<object, () => void>();

/** From now on, until `stay`: `part` is called when the program is about to end by itself, once. */
export function partAtEnd(owner: object, part: () => void): void {
  parting.set(owner, part);
  if (parting.size === 1) process.on('beforeExit', partAll);
}

export function stay(owner: object): void {
  if (parting.delete(owner) && parting.size === 0) process.removeListener('beforeExit', partAll);
}

function partAll(): void {
  process.removeListener('beforeExit', partAll);
  const parts = [...parting.values()];
  parting.clear();
  for (const part of parts) part();
}
