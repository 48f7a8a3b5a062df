/** What the rooms below throw becomes an error of ours: here, where no client has a part in it. */
import { errorFrom } from './caller.js';

/** @throws ConfigError for what `make` refuses. */
export function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw errorFrom(error);
  }
}

export async function refusingLater<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw errorFrom(error);
  }
}
