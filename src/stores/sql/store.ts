import type { Kysely } from 'kysely'
import { type ManagedStore, withManager } from '../../credentials/manager.js'
import { createSealer } from '../../credentials/sealing.js'
import type { Clock } from '../../ports/clock.js'
import type { Store } from '../../ports/store.js'
import { createChangeFeed, forgetChanges } from './changes.js'
import { createClaims, forgetClaims } from './claims.js'
import { createCredentialRows } from './credential-row.js'
import { createCredentials } from './credentials.js'
import { openDatabase } from './database.js'
import { createHousekeeping } from './housekeeping.js'
import { resealAll } from './reseal.js'
import type { SallyportTables } from './schema.js'
import { createUsage } from './usage.js'

/** A store in an SQL database. */
export interface SqlStore extends ManagedStore {
  /** Makes the tables, or brings them up to date. Any number of instances may do so at once. */
  migrate(): Promise<void>
  /**
   * Seals every secret anew that is not sealed with the newest of `sealingKeys`; the older ones can be dropped once
   * every instance has the newest, and this has been called after. Resolves to how many it were.
   *
   * @throws Error where a secret was sealed with a key that is not given.
   */
  reseal(): Promise<number>
}

/** What a store is made of. */
export interface SqlStoreParts {
  readonly kysely: Kysely<SallyportTables>
  readonly sealingKeys: readonly string[]
  readonly clock: Clock
  readonly migrate: boolean
  /** Lets go of the database. */
  readonly close: () => Promise<void>
}

/** Puts a store together. */
export function assembleSqlStore({ kysely, sealingKeys, clock, migrate, close }: SqlStoreParts): SqlStore {
  const sealer = createSealer(sealingKeys)
  const database = openDatabase(kysely, migrate)
  const housekeeping = createHousekeeping(clock, () => database.ask((db) => forget(db)))
  const { remind } = housekeeping
  const { forget: forgetUsage, ...usage } = createUsage(database, clock, remind)

  async function forget(db: Kysely<SallyportTables>): Promise<boolean> {
    const nowMs = clock.wallMs()
    const left = [await forgetClaims(db, nowMs), await forgetChanges(db, nowMs), await forgetUsage(db, nowMs)]
    return left.includes(true)
  }

  const store: Store & Pick<SqlStore, 'migrate' | 'reseal'> = {
    ...createCredentials({ database, rows: createCredentialRows(sealer), clock, remind }),
    claim: createClaims(database, remind),
    changesSince: createChangeFeed(database),
    ...usage,
    migrate: () => database.migrate(),
    reseal: () => resealAll(database, sealer),
    async close() {
      await housekeeping.settled()
      await close()
    },
  }
  return withManager(store, clock)
}
