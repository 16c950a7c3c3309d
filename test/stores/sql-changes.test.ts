import type { Client } from 'pg'
import { describe, expect, it, vi } from 'vitest'
import { START_MS } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { CALL, describeOnBoth, freshServer, upTo } from './sql-kit.js'

const sessionEnded = (id: string) =>
  ({ kind: 'session', id, atMs: START_MS, untilMs: START_MS + 1_000 }) as const

async function waitersIn(client: Client): Promise<number> {
  const { rows } = await client.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.length
}

describeWithServer('changes on PostgreSQL', 'postgres', () => {
  it('come in the order in which they are committed, where two are made at the same time', async () => {
    const database = await freshServer()
    const [first, second] = [database.store(), database.store()]
    await first.migrate()
    const { cursor } = await second.changesSince(null, CALL)
    // Another instance, halfway through its own change.
    const slow = await database.connect()
    await slow.query('begin')
    const { rows } = await slow.query(
      'update sallyport_sequence set seq = seq + 1 where id = 1 returning seq',
    )
    const [{ seq }] = rows as [{ seq: string }]
    await slow.query(`insert into sallyport_change values ('session', 'slow', ${seq}, 1, 2, 9e15)`)

    const faster = first.revokeCredentials(sessionEnded('fast'), CALL)
    const watcher = await database.connect()
    await vi.waitFor(async () => expect(await waitersIn(watcher)).toBe(1))
    expect(await second.changesSince(cursor, CALL)).toEqual({ changes: [], cursor, hasMore: false })

    await slow.query('commit')
    await faster
    const { changes } = await second.changesSince(cursor, CALL)
    expect(changes.map(({ id }) => id)).toEqual(['slow', 'fast'])
  })

  it('are all heard, in one order, by whoever follows while many instances make them', async () => {
    const database = await freshServer()
    const stores = upTo(4).map(() => database.store())
    await Promise.all(stores.map((store) => store.migrate()))
    const follower = database.store()
    let making = true
    const made = Promise.all(
      upTo(200).map((at) => stores[at % 4]?.revokeCredentials(sessionEnded(`s${at}`), CALL)),
    ).finally(() => {
      making = false
    })
    const heard: string[] = []
    let cursor: string | null = null
    for (let last = false; !last; ) {
      last = !making
      const page = await follower.changesSince(cursor, CALL)
      heard.push(...page.changes.map(({ id }) => id))
      cursor = page.cursor
    }
    await made
    expect(heard).toHaveLength(200)
    const { changes } = await follower.changesSince(null, CALL)
    expect(heard).toEqual(changes.map(({ id }) => id))
  })

  it('are made one after the other also where the host has another isolation for a default', async () => {
    const database = await freshServer()
    const name = new URL(database.url).pathname.slice(1)
    await database.query(`alter database ${name} set default_transaction_isolation = 'serializable'`)
    const stores = upTo(4).map(() => database.store())
    await Promise.all(upTo(80).map((at) => stores[at % 4]?.issueApiKey({ accountId: `a${at}` })))
    const claims = upTo(80).map((at) => stores[at % 4]?.claim(`key ${at % 20}`, START_MS, CALL))
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(20)
  })
})

describeOnBoth('the places of changes', (fresh) => {
  it('are whole numbers beyond 32 bits', async () => {
    const database = await fresh()
    const store = database.store()
    await store.migrate()
    await database.query(`update sallyport_sequence set seq = ${2 ** 40}`)
    await store.revokeCredentials(sessionEnded('late'), CALL)
    const page = await store.changesSince(String(2 ** 40), CALL)
    expect(page).toEqual({ changes: [sessionEnded('late')], cursor: String(2 ** 40 + 1), hasMore: false })
  })

  it('begin anew where an older copy of the database has been put in its place', async () => {
    const database = await fresh()
    const store = database.store()
    await store.revokeCredentials(sessionEnded('kept'), CALL)
    const page = await store.changesSince('1000', CALL)
    expect(page).toEqual({ changes: [sessionEnded('kept')], cursor: '1', hasMore: false })
  })

  it.each([[''], ['x'], ['-1'], ['1.5'], ['1e3'], ['99999999999999999999']])(
    'are not taken from %j, which no store has answered',
    async (cursor) => {
      const store = (await fresh()).store()
      await expect(store.changesSince(cursor, CALL)).rejects.toThrow('this is no cursor of the store')
    },
  )

  it('are not told of where the row that counts them is missing', async () => {
    const database = await fresh()
    const store = database.store()
    await store.migrate()
    await database.query('delete from sallyport_sequence')
    await expect(store.changesSince(null, CALL)).rejects.toThrow('sallyport_sequence')
    await expect(store.issueApiKey({ accountId: 'acme' })).rejects.toThrow()
    expect(await store.describeCredentials()).toEqual({ credentials: [], next: null })
  })
})

describe('a revocation by wallet', () => {
  const [upper, lower] = [
    'So11111111111111111111111111111111111111112',
    'so11111111111111111111111111111111111111112',
  ]

  describeOnBoth('tells wallets apart', (fresh) => {
    it('byte for byte, and follows a change of wallets', async () => {
      const store = (await fresh()).store()
      const entry = {
        kind: 'apiKey',
        accountId: 'acme',
        role: null,
        scopes: [],
        environment: null,
        expiresAtMs: null,
        status: 'active',
        name: null,
        createdAtMs: START_MS,
        createdBy: null,
        rotatedAtMs: null,
        revokedAtMs: null,
        version: 1,
        prefix: null,
        lastFour: null,
        older: null,
      } as const
      const both = [upper, lower].map((wallet) => ({
        ...entry,
        id: wallet,
        digest: wallet,
        wallets: [wallet],
      }))
      for (const one of both) await store.addCredential(one, null, CALL)
      await store.changeCredential(
        { ...entry, id: upper, digest: upper, wallets: ['other'], version: 2 },
        CALL,
      )
      const revoke = (id: string) =>
        store.revokeCredentials({ kind: 'wallet', id, atMs: START_MS, untilMs: START_MS }, CALL)
      const statuses = async () =>
        Promise.all([upper, lower].map(async (id) => (await store.readCredential(id, CALL))?.status))
      await revoke(upper)
      expect(await statuses()).toEqual(['active', 'active'])
      await revoke(lower)
      expect(await statuses()).toEqual(['active', 'revoked'])
      await revoke('other')
      expect(await statuses()).toEqual(['revoked', 'revoked'])
    })
  })
})
