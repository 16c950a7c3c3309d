import { randomBytes } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { sqlStore } from 'sallyport/stores/sql'
import type { StoreHarness } from '../../contract/store-harness.js'
import { type FreshDatabase, freshDatabase } from '../../support/servers.js'
import { SEALING_KEY } from './sealing-key.js'

const CONNECTIONS = 8

// One for the whole file: making one takes longer than most cases. It goes with the server.
let database: Promise<FreshDatabase> | undefined

/** Every store has a schema of its own, and every instance a pool of its own. */
export const postgresHarness: StoreHarness = {
  name: 'sql on postgres',
  server: 'postgres',
  async open(clock) {
    database ??= freshDatabase()
    const { url } = await database
    const schema = `store_${randomBytes(8).toString('hex')}`
    const keeper = openPool(url, schema)
    await keeper.query(`create schema ${schema}`)
    const opened: Kysely<unknown>[] = []
    const open = () => {
      const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: openPool(url, schema) }) })
      opened.push(kysely)
      return sqlStore(kysely, { sealingKeys: [SEALING_KEY], clock })
    }
    const store = open()
    return {
      store,
      another: async () => open(),
      async close() {
        await store.close()
        for (const kysely of opened) await kysely.destroy()
        await keeper.query(`drop schema ${schema} cascade`)
        await keeper.end()
      },
    }
  },
}

function openPool(url: string, schema: string): Pool {
  // What is acknowledged need not survive a crash of this server: nothing does.
  const options = `-c search_path=${schema} -c synchronous_commit=off`
  return new Pool({ connectionString: url, options, max: CONNECTIONS })
}
