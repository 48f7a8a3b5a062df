/** Which request of the client in front a server's progress is about: by server, from its client's id. */
export class ProgressTokens {
  readonly #tokens = new Map<string, Map<number, number | string>>();

  of(server: string): Map<number, number | string> {
    const tokens = this.#tokens.get(server) ?? new Map<number, number | string>();
    this.#tokens.set(server, tokens);
    return tokens;
  }

  /** The progress of a server as the client in front knows it; null when it is about nothing of that. */
  outward(server: string, params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
    const { progressToken } = params;
    const token = typeof progressToken === 'number' ? this.#tokens.get(server)?.get(progressToken) : undefined;
    return token === undefined ? null : { ...params, progressToken: token };
  }
}
