import type { CallOptions } from './call-options.js'

/** What is limited: an account's requests; failed credentials of one client address; sign-in challenges of one. */
export type LimitKind = 'account' | 'failures' | 'connect'

/** What is left of a limit after one more. */
export interface LimitVerdict {
  readonly allowed: boolean
  /** When the next one may pass, in milliseconds from now. Only where this one may not. */
  readonly retryAfterMs: number
}

/** Counts against limits, for one instance or for all that share a store. */
export interface Limits {
  /** The kinds that have a limit; the others are not asked for. */
  readonly kinds: readonly LimitKind[]
  /** What a limiter that cannot know means: `refuse` is 503, `allow` lets the request on. */
  readonly onOutage: 'refuse' | 'allow'
  /** Counts one more against the limit of `key`, atomically. A limiter that cannot know throws or rejects. */
  take(kind: LimitKind, key: string, options: CallOptions): LimitVerdict | Promise<LimitVerdict>
}
