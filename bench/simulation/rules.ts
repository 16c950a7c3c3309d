/** The rules of the package that decide what others see of it. All times in milliseconds. */
export interface Rules {
  /** How often a process asks what has changed, while requests come: 500, or the revocation bound where that is less. */
  readonly pollMs: number
  /** How long a credential that was found is kept, while changes are followed. */
  readonly credentialAgeMs: number
  readonly maxCredentials: number
  /** Counts are written so long after the first of them. */
  readonly flushIntervalMs: number
  /** How many counts are held before they are written at once. */
  readonly maxCounts: number
  readonly balanceTtlMs: number
  readonly staleWhileRevalidateMs: number
  readonly maxBalances: number
  /** Whether `shared()` stands between the processes and the chain. */
  readonly isShared: boolean
  readonly sharedTtlMs: number
  /** How long a node takes to answer: an assumption about it, not a rule. */
  readonly rpcLatencyMs: number
}

/** As a gate is made without options. */
export const DEFAULT_RULES: Rules = {
  pollMs: 500,
  credentialAgeMs: 60_000,
  maxCredentials: 10_000,
  flushIntervalMs: 1_000,
  maxCounts: 10_000,
  balanceTtlMs: 60_000,
  staleWhileRevalidateMs: 30_000,
  maxBalances: 100_000,
  isShared: false,
  sharedTtlMs: 10_000,
  rpcLatencyMs: 100,
}

/** What the others see. */
export interface Seen {
  requests: number
  /** `findCredential`. */
  credentialReads: number
  /** `changesSince`. */
  feedPolls: number
  /** `addUsage`. */
  usageBatches: number
  /** Counts in those batches: one credential, route and outcome each. */
  usageCounts: number
  /** Wallets that were read from the chain. */
  walletsRead: number
  /** Requests that carried them. */
  rpcRequests: number
  sharedReads: number
  sharedWrites: number
  /** Requests that had to wait for a balance. */
  waited: number
}

export function nothingSeen(): Seen {
  return {
    requests: 0,
    credentialReads: 0,
    feedPolls: 0,
    usageBatches: 0,
    usageCounts: 0,
    walletsRead: 0,
    rpcRequests: 0,
    sharedReads: 0,
    sharedWrites: 0,
    waited: 0,
  }
}
