import { CamelCasePlugin } from 'kysely'
import { type SqlStore, sqlStore } from 'sallyport/stores/sql'
import { expect, it } from 'vitest'
import { describeWithServer } from '../support/servers.js'
import {
  CALL,
  countOf,
  describeOnBoth,
  freshFile,
  freshServer,
  SEALING_KEY,
  type TestDatabase,
  upTo,
} from './sql-kit.js'

const sealingKeys = [SEALING_KEY]
const grant = { accountId: 'acme' }

async function tablesOf(database: TestDatabase): Promise<readonly unknown[]> {
  const rows = await database
    .query(`select name from sqlite_master where type = 'table' and name like 'sallyport%' order by name`)
    .catch(() =>
      database.query(`select tablename as name from pg_tables where tablename like 'sallyport%' order by 1`),
    )
  return rows.map(({ name }) => name)
}

const TABLES = [
  'sallyport_budget',
  'sallyport_change',
  'sallyport_claim',
  'sallyport_credential',
  'sallyport_credential_wallet',
  'sallyport_decision',
  'sallyport_hold',
  'sallyport_ledger',
  'sallyport_lookup',
  'sallyport_migration',
  'sallyport_migration_lock',
  'sallyport_reservation',
  'sallyport_sequence',
  'sallyport_spend_lookup',
  'sallyport_spend_record',
  'sallyport_tally',
  'sallyport_usage',
  'sallyport_usage_batch',
]
const MIGRATIONS = 2

describeOnBoth('the tables of the SQL store', (fresh) => {
  it('are made before they are first needed, and no sooner', async () => {
    const database = await fresh()
    const store = database.store()
    expect(await tablesOf(database)).toEqual([])
    const verbs = [() => store.readCredential('none', CALL), () => store.claim('key', 1, CALL)]
    expect(await Promise.all(verbs.map((verb) => verb()))).toEqual([undefined, true])
    expect(await tablesOf(database)).toEqual(TABLES)
    await store.migrate()
    expect(await countOf(database, 'sallyport_migration')).toBe(MIGRATIONS)
  })

  it('are all made or none, and the next call tries again', async () => {
    const database = await fresh()
    await database.query('create table sallyport_usage (something integer)')
    const store = database.store()
    await expect(store.issueApiKey(grant)).rejects.toThrow('sallyport_usage')
    expect(await tablesOf(database)).toEqual(
      expect.not.arrayContaining(['sallyport_credential', 'sallyport_sequence']),
    )
    await database.query('drop table sallyport_usage')
    await store.issueApiKey(grant)
    expect(await tablesOf(database)).toEqual(TABLES)
  })

  it('may have been brought further by newer code, while this is still in use', async () => {
    const database = await fresh()
    await database.store().migrate()
    await database.query(`insert into sallyport_migration values ('9999_later', '2030-01-01T00:00:00.000Z')`)
    await database.store().issueApiKey(grant)
    expect(await countOf(database, 'sallyport_credential')).toBe(1)
  })

  it('start nothing for a caller who has given up while they were made', async () => {
    const database = await fresh()
    const given = { signal: AbortSignal.abort(new Error('too late')) }
    await expect(database.store().claim('key', 1, given)).rejects.toThrow('too late')
    expect(await countOf(database, 'sallyport_claim')).toBe(0)
  })
})

async function expectAllStart(stores: readonly SqlStore[]): Promise<void> {
  const issued = await Promise.all(stores.map((store) => store.issueApiKey(grant)))
  for (const store of stores) {
    const { credentials } = await store.describeCredentials()
    expect(new Set(credentials.map(({ id }) => id))).toEqual(
      new Set(issued.map(({ credentialId }) => credentialId)),
    )
  }
}

it('lets three instances start at once on one new file', async () => {
  const database = await freshFile()
  await expectAllStart(upTo(3).map(() => database.store()))
  expect(await countOf(database, 'sallyport_migration')).toBe(MIGRATIONS)
})

describeWithServer('the SQL store on PostgreSQL', 'postgres', () => {
  it('lets five instances start at once on one new database', async () => {
    const database = await freshServer()
    await expectAllStart(upTo(5).map(() => database.store()))
    expect(await countOf(database, 'sallyport_migration')).toBe(MIGRATIONS)
  })

  it('leaves the tables to the host where it is told to', async () => {
    const database = await freshServer()
    const store = sqlStore(database.kysely(), { sealingKeys, migrate: false })
    await expect(store.claim('key', 1, CALL)).rejects.toThrow('sallyport_claim')
    expect(await tablesOf(database)).toEqual([])
    await store.migrate()
    expect(await store.claim('key', 1, CALL)).toBe(true)
  })

  it('needs no right to make tables once they are there', async () => {
    const database = await freshServer()
    await database.store().migrate()
    const role = `role_${new URL(database.url).pathname.slice(1)}`
    await database.query(`create role ${role} login`)
    await database.query(`grant select, insert, update, delete on all tables in schema public to ${role}`)
    const url = new URL(database.url)
    url.username = role
    const kysely = database.kysely({ pool: database.pool({ connectionString: url.href }) })
    await sqlStore(kysely, { sealingKeys }).issueApiKey(grant)
    expect(await countOf(database, 'sallyport_credential')).toBe(1)
    await database.query(`drop owned by ${role}`)
    await database.query(`drop role ${role}`)
  })

  it('keeps to the schema of its connections, where another one has tables of the same names', async () => {
    const database = await freshServer()
    await database.store().issueApiKey(grant)
    await database.query('create schema other')
    const pool = database.pool({ options: '-c search_path=other' })
    const store = sqlStore(database.kysely({ pool }), { sealingKeys })
    expect(await store.describeCredentials()).toEqual({ credentials: [], next: null })
    expect(await countOf(database, 'other.sallyport_migration')).toBe(MIGRATIONS)
  })

  it("is not misled by the host's plugins, and leaves the host's Kysely open", async () => {
    const database = await freshServer()
    const kysely = database.kysely({ plugins: [new CamelCasePlugin()] })
    const store = sqlStore(kysely, { sealingKeys })
    const { credentialId } = await store.issueApiKey(grant)
    expect(await store.describeCredential(credentialId)).toMatchObject({ accountId: 'acme' })
    await store.close()
    expect(await kysely.introspection.getTables()).not.toEqual([])
  })
})
