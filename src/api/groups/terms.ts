/** What a caller says of one call in front, as far as the client of the server behind has to know it. */
export interface Terms {
  /** Milliseconds that the server may take for it, beside what its caller allows. */
  readonly timeout: number;
  readonly failFast: boolean;
  readonly resetTimeoutOnProgress: boolean;
}
