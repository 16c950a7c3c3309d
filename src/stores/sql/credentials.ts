import { credentialOf, lookupKeyOf } from '../../credentials/entry.js'
import type { Clock } from '../../ports/clock.js'
import type { CredentialVerbs } from '../../ports/store.js'
import { takePlace, tell, tellOfCredential } from './changes.js'
import type { CredentialRows } from './credential-row.js'
import { insertEntry, isTaken, liveCount, replaceEntry } from './credential-writes.js'
import type { Database } from './database.js'
import { listCredentials } from './listing.js'
import { revokeTargets } from './revocation.js'
import { storable } from './text.js'

/** What the verbs are made of. */
export interface CredentialParts {
  readonly database: Database
  readonly rows: CredentialRows
  readonly clock: Clock
  /** Called when something was changed. */
  readonly remind: () => void
}

/** Credentials. Every mutation takes a place first, so they happen one after the other. */
export function createCredentials({ database, rows, clock, remind }: CredentialParts): CredentialVerbs {
  return {
    async findCredential(lookup, options) {
      const row = await database.ask(
        (db) =>
          db
            .selectFrom('sallyport_lookup as asked')
            .innerJoin('sallyport_credential as credential', 'credential.id', 'asked.credential_id')
            .selectAll('credential')
            .where('asked.lookup', '=', storable(lookupKeyOf(lookup)))
            .executeTakeFirst(),
        options,
      )
      return row && credentialOf(rows.entryOf(row), lookup)
    },

    async addCredential(entry, maxPerAccount, options) {
      const added = await database.step(async (db) => {
        const place = await takePlace(db)
        if (await isTaken(db, entry, 'added')) return 'duplicate'
        if (maxPerAccount !== null && (await liveCount(db, entry.accountId)) >= maxPerAccount) return 'full'
        await insertEntry(db, entry, rows)
        await tellOfCredential(db, place, entry.id, clock)
        return 'added'
      }, options)
      remind()
      return added
    },

    async readCredential(id, options) {
      if (typeof id !== 'string') return undefined
      const row = await database.ask(
        (db) =>
          db.selectFrom('sallyport_credential').selectAll().where('id', '=', storable(id)).executeTakeFirst(),
        options,
      )
      return row && rows.entryOf(row)
    },

    listCredentials: (query, options) => database.ask((db) => listCredentials(db, query, rows), options),

    async changeCredential(entry, options) {
      const changed = await database.step(async (db) => {
        const place = await takePlace(db)
        if (await isTaken(db, entry, 'changed')) return false
        if (!(await replaceEntry(db, entry, rows))) return false
        await tellOfCredential(db, place, entry.id, clock)
        return true
      }, options)
      remind()
      return changed
    },

    async revokeCredentials(revocation, options) {
      const known = await database.step(async (db) => {
        const place = await takePlace(db)
        if (!(await revokeTargets(db, revocation))) return false
        await tell(db, place, revocation, clock.wallMs())
        return true
      }, options)
      remind()
      return known
    },
  }
}
