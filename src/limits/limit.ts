/** How much is too much: so many in a window that begins with the first of them. */
export interface Limit {
  /** How many pass within a window. */
  readonly requests: number
  /** How long a window lasts. */
  readonly windowSeconds: number
  /**
   * How long whoever exceeds the limit is refused, from the first refusal on; at least `windowSeconds`. Default: until
   * the window ends.
   */
  readonly blockSeconds?: number
}

/** What is limited. At least one of them. */
export interface LimitOptions {
  /** Requests of one account, over all of its credentials. Counted once a credential was verified. */
  readonly account?: Limit
  /** Failed credentials of one client address. Whoever presents a good one is never refused for them. */
  readonly failures?: Limit
  /** Sign-in challenges asked for from one client address. */
  readonly connect?: Limit
}

/** Limits that other processes share, and that may be out of reach. */
export interface SharedLimitOptions extends LimitOptions {
  /**
   * What happens to a request that cannot be counted: `refuse` answers 503 to it, `allow` lets it pass uncounted. There
   * is no default.
   */
  readonly onOutage: 'refuse' | 'allow'
}
