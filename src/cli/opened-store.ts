import type { ManagedStore } from '../credentials/manager.js'

/** A store that the command line has opened, and what its server says of itself. */
export interface OpenedStore {
  readonly kind: 'sqlite' | 'postgres' | 'redis'
  readonly store: ManagedStore & { reseal(): Promise<number> }
  /** Absent where there is nothing to be made. */
  readonly migrate?: () => Promise<void>
  /** What its server is set to; `undefined` where it does not tell. */
  setting(name: string): Promise<string | undefined>
  /** Its server's clock (milliseconds since the epoch). Absent where that is this machine's. */
  readonly serverMs?: () => Promise<number>
  close(): Promise<void>
}

/** How a store is opened. */
export interface OpenSettings {
  readonly sealingKeys: readonly string[]
  /** Whether a database that is not there is made, and its tables with it. */
  readonly mayCreate: boolean
  /** Whether an SQLite database is brought up to date without being asked to, as it is in an application. */
  readonly mayMigrate: boolean
  /** How long any one call may take, in milliseconds. */
  readonly timeoutMs: number
  readonly redisPrefix: string
}
