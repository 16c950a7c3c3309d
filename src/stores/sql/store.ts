import type { Kysely } from 'kysely'
import { type ManagedStore, withManager } from '../../credentials/manager.js'
import { createSealer } from '../../credentials/sealing.js'
import type { Clock } from '../../ports/clock.js'
import type { SpendStore } from '../../ports/spend-store.js'
import type { Store } from '../../ports/store.js'
import { createChangeFeed, forgetChanges } from './changes.js'
import { createClaims, forgetClaims } from './claims.js'
import { createCredentialRows } from './credential-row.js'
import { createCredentials } from './credentials.js'
import { openDatabase } from './database.js'
import { createDecisions } from './decisions.js'
import { createHousekeeping } from './housekeeping.js'
import { createLedger } from './ledger.js'
import { createLedgerTime } from './ledger-time.js'
import { resealAll } from './reseal.js'
import type { SallyportTables } from './schema.js'
import { createSpendRecords } from './spend-records.js'
import { createUsage } from './usage.js'

/** A store in an SQL database. */
export interface SqlStore extends ManagedStore, SpendStore {
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
  /** What is held expires by this. Default the database server's. */
  readonly ledgerClock?: Clock | undefined
  readonly migrate: boolean
  /** Lets go of the database. */
  readonly close: () => Promise<void>
}

/** Puts a store together. */
export function assembleSqlStore(parts: SqlStoreParts): SqlStore {
  const { kysely, sealingKeys, clock, ledgerClock, migrate, close } = parts
  const sealer = createSealer(sealingKeys)
  const database = openDatabase(kysely, migrate)
  const housekeeping = createHousekeeping(clock, round)
  const { remind } = housekeeping
  const { forget: forgetUsage, ...usage } = createUsage(database, clock, remind)
  const time = createLedgerTime(kysely, ledgerClock)
  const { expireSome, ...ledger } = createLedger(database, time, remind)

  async function round(): Promise<boolean> {
    const left = [await database.ask((db) => forget(db)), await expireSome()]
    return left.includes(true)
  }

  async function forget(db: Kysely<SallyportTables>): Promise<boolean> {
    const nowMs = clock.wallMs()
    const left = [await forgetClaims(db, nowMs), await forgetChanges(db, nowMs), await forgetUsage(db, nowMs)]
    return left.includes(true)
  }

  const store: Store & SpendStore & Pick<SqlStore, 'migrate' | 'reseal'> = {
    ...createCredentials({ database, rows: createCredentialRows(sealer), clock, remind }),
    claim: createClaims(database, remind),
    changesSince: createChangeFeed(database),
    ...usage,
    ...createSpendRecords(database),
    ...ledger,
    ...createDecisions(database),
    migrate: () => database.migrate(),
    reseal: () => resealAll(database, sealer),
    async close() {
      await housekeeping.settled()
      await close()
    },
  }
  return withManager(store, clock)
}
