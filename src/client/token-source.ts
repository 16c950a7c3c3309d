/** What is put behind `Bearer` in one try. */
export interface Token {
  readonly text: string
  /**
   * Told that the gate found this token out of time, and what the server's clock said. The next token may then do
   * better. Absent where there is no other.
   */
  readonly renew?: (serverMs: number | undefined) => void
}

/** Where tokens come from. */
export interface TokenSource {
  /** The token for the next try. */
  readonly next: () => Promise<Token>
  /** What must never be told, beside the tokens themselves. */
  readonly secrets: readonly string[]
}

/** A token that somebody else made: an API key, or a session. */
export function fixedToken(text: string): TokenSource {
  return { next: async () => ({ text }), secrets: [text] }
}

/** Tokens that the caller looks up by itself, each time one is needed. */
export function askedToken(ask: () => string | Promise<string>): TokenSource {
  return {
    secrets: [],
    async next() {
      const text: unknown = await ask()
      if (!isBearerToken(text)) throw new TypeError('accessToken() must answer a bearer token')
      return { text }
    },
  }
}

/** Whether a value can be sent as a bearer token (RFC 6750 §2.1). */
export function isBearerToken(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._~+/-]+=*$/.test(value)
}
