/**
 * What one PostgreSQL and one Redis of this machine take, and what they keep, beside whoever asks them:
 * `node build/bench/simulation/capacity.js`. Both write to disk before they acknowledge.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { installMissing, startPostgres, startRedis } from '@sallyport/servers'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { BalanceStore, ManagedStore, UsageBatch } from 'sallyport'
import { redisStore } from 'sallyport/stores/redis'
import { sqlStore } from 'sallyport/stores/sql'

const CREDENTIALS = 2_000
const SECONDS = 3
const AT_ONCE = 10
const HOUR_MS = 3_600_000

interface Server {
  readonly name: string
  readonly store: ManagedStore & Partial<BalanceStore>
  /** All that it keeps for the store, in bytes. */
  bytes(): Promise<number>
}

const call = { signal: new AbortController().signal }
const sealingKeys = [randomBytes(32).toString('base64')]
const numberOf = (value: number) => Math.round(value).toLocaleString('en')
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

/** How often a second something is done by so many at once. */
async function rate(does: () => unknown): Promise<number> {
  const untilMs = performance.now() + SECONDS * 1_000
  let done = 0
  const run = async () => {
    for (; performance.now() < untilMs; done++) await does()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  return done / SECONDS
}

/** How many bytes the server keeps of each of so many. */
async function bytesOfEach(server: Server, does: (at: number) => unknown): Promise<string> {
  const before = await server.bytes()
  for (let at = 0; at < CREDENTIALS; at += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, next) => does(at + next)))
  }
  return numberOf(((await server.bytes()) - before) / CREDENTIALS)
}

function usageOf(credentials: readonly string[], hoursAgo: number): UsageBatch {
  const hourMs = (Math.floor(Date.now() / HOUR_MS) - hoursAgo) * HOUR_MS
  const what = { hourMs, route: 'GET /v1/proofs/:id', outcome: 'allowed', count: 1, lastUsedAtMs: Date.now() }
  const counts = credentials.map((credentialId) => ({ ...what, credentialId }))
  return { id: randomUUID(), counts, forgetHoursBeforeMs: 0 }
}

async function measure(server: Server): Promise<{ readonly rates: string; readonly sizes: string }> {
  const { name, store } = server
  const digests: string[] = []
  const ids: string[] = []
  const credential = await bytesOfEach(server, async (at) => {
    const { credentialId } = await store.issueApiKey({ accountId: `account-${at}` })
    const entry = await store.readCredential(credentialId, call)
    if (entry?.kind === 'apiKey') digests.push(entry.digest)
    ids.push(credentialId)
  })
  await store.addUsage(usageOf(ids, 1), call)
  let isAdded = false
  const hour = await bytesOfEach(server, () => {
    if (!isAdded) {
      isAdded = true
      return store.addUsage(usageOf(ids, 0), call)
    }
  })
  const claim = await bytesOfEach(server, () => store.claim(randomUUID(), Date.now() + HOUR_MS, call))
  const { keepBalance } = store
  const kept = { amount: 60_000_000_000n, decimals: 6, slot: 250_000_000, exact: false }
  const balance =
    keepBalance === undefined
      ? 'none are kept'
      : await bytesOfEach(server, (at) =>
          keepBalance(
            { mint: `mint-of-${'m'.repeat(36)}`, owner: `${at}`.padStart(44, 'w') },
            kept,
            HOUR_MS,
            call,
          ),
        )

  const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T
  let heard = await store.changesSince(null, call)
  while (heard.hasMore) heard = await store.changesSince(heard.cursor, call)
  const { cursor } = heard
  const finds = await rate(() => store.findCredential({ kind: 'apiKey', digest: pick(digests) }, call))
  const polls = await rate(() => store.changesSince(cursor, call))
  const batches = await rate(() => store.addUsage(usageOf(ids, 0), call))
  const creations = await rate(() => store.issueApiKey({ accountId: pick(ids) }))
  return {
    rates: row([name, ...[finds, polls, batches * CREDENTIALS, creations].map(numberOf)]),
    sizes: row([name, credential, hour, claim, balance]),
  }
}

/** Key by key: what the server uses in all moves with its buffers. */
async function bytesOfKeys(redis: Redis): Promise<number> {
  const asked = redis.pipeline()
  for (const key of await redis.keys('*')) asked.memory('USAGE', key, 'SAMPLES', 0)
  const answers = (await asked.exec()) ?? []
  return answers.reduce((sum, [, bytes]) => sum + Number(bytes), 0)
}

async function main(): Promise<void> {
  const servers = await installMissing()
  const [postgres, redisServer] = await Promise.all([startPostgres({ servers }), startRedis({ servers })])
  const pool = new pg.Pool({ connectionString: postgres.url, max: AT_ONCE })
  const redis = new Redis(redisServer.url)
  const kysely = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
  const tables =
    "select sum(pg_total_relation_size(oid)) as bytes from pg_class where relname like 'sallyport%' and relkind = 'r'"
  try {
    const all: readonly Server[] = [
      {
        name: 'PostgreSQL',
        store: sqlStore(kysely, { sealingKeys }),
        bytes: async () => Number((await pool.query(tables)).rows[0].bytes),
      },
      {
        name: 'Redis',
        store: redisStore(redis, { sealingKeys }),
        bytes: () => bytesOfKeys(redis),
      },
    ]
    const measured = []
    for (const server of all) measured.push(await measure(server))
    console.log(
      '| a second | credential reads | feed polls | usage counts | credentials made |\n|---|---|---|---|---|',
    )
    for (const { rates } of measured) console.log(rates)
    console.log(
      '\n| bytes of a | credential | count of one hour | claim | shared balance |\n|---|---|---|---|---|',
    )
    for (const { sizes } of measured) console.log(sizes)
  } finally {
    await pool.end()
    redis.disconnect()
    await Promise.all([postgres.close(), redisServer.close()])
  }
}

await main()
