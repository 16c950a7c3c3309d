import { Kysely, PostgresDialect } from 'kysely'
import { sqlStore } from 'sallyport/stores/sql'
import { expect, it, vi } from 'vitest'
import { START_MS } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { CALL, freshServer, SEALING_KEY } from './sql-kit.js'

const sealingKeys = [SEALING_KEY]
const revocation = { kind: 'session', id: 's', atMs: START_MS, untilMs: START_MS } as const

describeWithServer('the SQL store on a PostgreSQL', 'postgres', () => {
  it('that is not there rejects every call', async () => {
    const database = await freshServer()
    const pool = database.pool({ connectionString: 'postgres://nobody@127.0.0.1:1/nothing' })
    const store = sqlStore(new Kysely({ dialect: new PostgresDialect({ pool }) }), { sealingKeys })
    const calls = [
      store.findCredential({ kind: 'apiKey', digest: 'd' }, CALL),
      store.claim('key', 1, CALL),
      store.issueApiKey({ accountId: 'acme' }),
      store.listCredentials({ limit: 1 }, CALL),
      store.revokeCredentials(revocation, CALL),
      store.changesSince(null, CALL),
      store.addUsage({ id: 'batch', counts: [], forgetHoursBeforeMs: 0 }, CALL),
      store.readUsage({ credentialIds: ['c'] }, CALL),
      store.migrate(),
      store.reseal(),
    ]
    for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      expect([status, reason.code]).toEqual(['rejected', 'ECONNREFUSED'])
    }
    await store.close()
  })

  it('that ends its sessions rejects what was under way, keeps the process, and is asked again', async () => {
    const database = await freshServer()
    const store = database.store()
    await store.migrate()
    const [holder, killer] = [await database.connect(), await database.connect()]
    await holder.query('begin')
    await holder.query('update sallyport_sequence set seq = seq + 1')
    const revoking = store.revokeCredentials(revocation, CALL)
    const rejected = expect(revoking).rejects.toThrow(/terminat/)
    await vi.waitFor(async () => {
      const { rows } = await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(1)
    })
    await rejected
    await holder.query('rollback')
    expect((await store.changesSince(null, CALL)).changes).toEqual([])
    expect(await store.revokeCredentials(revocation, CALL)).toBe(true)
    expect((await store.changesSince(null, CALL)).changes).toEqual([revocation])
  })

  it('that lets one of two waiting sessions fail is asked again', async () => {
    const database = await freshServer()
    const store = database.store()
    const { credentialId } = await store.issueApiKey({ accountId: 'acme' })
    const holder = await database.connect()
    await holder.query(`set deadlock_timeout = '30s'`)
    await holder.query('begin')
    await holder.query('lock table sallyport_change in exclusive mode')
    const revoking = store.revoke({ credential: credentialId })
    const watcher = await database.connect()
    await vi.waitFor(async () => {
      const { rows } = await watcher.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(1)
    })
    // Each waits for the other now. The store's session notices first.
    await holder.query('update sallyport_sequence set seq = seq + 1')
    await holder.query('commit')
    expect(await revoking).toBe(true)
    const [row] = await database.query('select version, status from sallyport_credential')
    expect(row).toEqual({ version: 2, status: 'revoked' })
  })
})
