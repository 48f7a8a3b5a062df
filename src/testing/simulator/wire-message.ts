/** What is on the wire, loosely: both sides may say anything. */
export interface WireMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly requestId?: number;
    readonly _meta?: { readonly progressToken?: number };
  };
  readonly result?: object;
  readonly error?: { readonly code: number; readonly message?: string };
}

/** A message in few words, for traces. */
export function describe(message: object): string {
  const { id, method, error, params } = message as WireMessage;
  const name = params?.name === undefined ? '' : ` ${params.name}`;
  const number = id === undefined ? '' : ` ${String(id)}`;
  if (method !== undefined) return `${method}${name}${number}`;
  return id === undefined ? 'noise' : `${error === undefined ? 'result' : 'error'}${number}`;
}
