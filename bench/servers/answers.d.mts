export interface Incoming {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: unknown;
}

/** The response, or null for what gets none. */
export function answer(message: Incoming): object | null;
