/** Where messages are posted: the data of the event `endpoint`, which is the server's word alone. */
import type { Failure } from '../../protocol/failure.js';
import { badEndpoint } from './failures.js';

/** Longer ones are no addresses. */
const LENGTH = 4_096;

/** As a URL of the same origin: our headers hold credentials, and they go to no other. */
export function addressOf(data: string, stream: URL, where: string): URL | Failure {
  const text = data.trim();
  if (text === '' || text.length > LENGTH) return badEndpoint(where, 'is empty or too long');
  let address: URL;
  try {
    address = new URL(text, stream);
  } catch {
    return badEndpoint(where, 'is no URL');
  }
  return address.origin === stream.origin ? address : badEndpoint(where, 'has another origin');
}
