/** The link over several servers is loaded with the first client that opens one: most have one server. */
import type { CompositeLink } from './composite-link.js';

export type Make = (...given: ConstructorParameters<typeof CompositeLink>) => CompositeLink;

let loaded: Make | null = null;

/** @internal At hand, or on its way. */
export const compositeLink = (): Make | Promise<Make> => loaded ?? load();

async function load(): Promise<Make> {
  const { CompositeLink: Loaded } = await import('./composite-link.js');
  return (loaded = (...given) => new Loaded(...given));
}
