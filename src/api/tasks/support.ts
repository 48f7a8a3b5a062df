/** What a session can make a task of (basic/utilities/tasks#capabilities). */
import type { Negotiated } from '../../protocol/handshake.js';

/** The protocol knows tasks of tools only; FastMCP's servers say the same way that they have others. */
export function canBeTask(negotiated: Negotiated | null, method: string): boolean {
  const [kind, verb] = method.split('/');
  const { requests } = objectOf(objectOf(negotiated?.capabilities)['tasks']);
  const verbs = objectOf(requests)[String(kind)];
  return (objectOf(verbs)[String(verb)] ?? null) !== null;
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
