import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@sallyport/servers'
import { type Limits, postgresLimits, redisLimits } from 'sallyport/limits'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import type { RawResponse } from '../support/http.js'
import { describeWithServer } from '../support/servers.js'
import { expectLimited, startApp, UNKNOWN_KEY } from './app.js'
import { eventually, take } from './kit.js'
import { freshTableName, openIoRedis, openNodeRedis, openPool } from './registry.js'

const PROMPT_MS = 1_000
const limit = { requests: 2, windowSeconds: 3_600 }

type Mode = 'refuse' | 'allow'
/** Limits over a client of their own, which is closed after the test. */
type Connect = (onOutage: Mode) => Promise<Limits>

interface Stoppable {
  start(): Promise<void>
  stop(): Promise<void>
}

function expectOutage({ status, headers, json }: RawResponse): void {
  expect(status).toBe(503)
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(headers.has('www-authenticate')).toBe(false)
  expect(json()).toMatchObject({ code: 'dependency_unavailable', retryable: true })
}

function outageTests(server: () => Stoppable, connect: Connect): void {
  it('refuses while the limiter is down, at once, and recovers without a restart', async () => {
    const app = await startApp(await connect('refuse'))
    const key = await app.keyFor('acme')
    expect((await app.ask(key)).status).toBe(200)
    await server().stop()
    const sinceMs = performance.now()
    expectOutage(await app.ask(key))
    expectOutage(await app.ask(UNKNOWN_KEY))
    expect(performance.now() - sinceMs).toBeLessThan(PROMPT_MS)
    expect((await app.ask()).status).toBe(401)
    await server().start()
    await vi.waitFor(async () => expect((await app.ask(key)).status).toBe(200), eventually)
    expectLimited(await app.ask(key), 3_600)
  })

  it('lets requests pass uncounted while the limiter is down, where the host says so', async () => {
    const app = await startApp(await connect('allow'))
    const key = await app.keyFor('acme')
    await server().stop()
    for (let count = 0; count < 5; count++) expect((await app.ask(key)).status).toBe(200)
    for (let count = 0; count < 5; count++) expect((await app.ask(UNKNOWN_KEY)).status).toBe(401)
    await server().start()
    await vi.waitFor(async () => expectLimited(await app.ask(key), 3_600), eventually)
  })

  it('tells an outage by a rejection, and too many never', async () => {
    const limits = await connect('refuse')
    for (let count = 0; count < 4; count++) {
      expect(await take(limits, 'acme', 'connect')).toMatchObject({ allowed: count < 2 })
    }
    await server().stop()
    for (let count = 0; count < 4; count++) {
      await expect(take(limits, 'acme', 'connect')).rejects.toBeInstanceOf(Error)
    }
    await server().start()
    await vi.waitFor(async () => {
      expect(await take(limits, 'acme', 'connect')).toMatchObject({ allowed: false })
    }, eventually)
  })
}

const limits = { account: limit, failures: limit, connect: limit }

describeWithServer('limits in a Redis that goes away', 'redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis?.close())

  let prefixes = 0
  const over =
    (open: typeof openIoRedis | typeof openNodeRedis): Connect =>
    async (onOutage) => {
      const { client, close } = await open(redis.url)
      onTestFinished(async () => {
        await redis.start()
        await close()
      })
      return redisLimits(client, { ...limits, onOutage, keyPrefix: `outage-${prefixes++}` })
    }

  outageTests(() => redis, over(openIoRedis))
  outageTests(() => redis, over(openNodeRedis))
})

describeWithServer('limits in a PostgreSQL that goes away', 'postgres', () => {
  let postgres: PostgresServer
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres?.close())

  const connect: Connect = async (onOutage) => {
    const pool = openPool(postgres.url)
    onTestFinished(async () => {
      await postgres.start()
      await pool.end()
    })
    return postgresLimits(pool, { ...limits, onOutage, tableName: freshTableName() })
  }

  outageTests(() => postgres, connect)

  it('makes its table once the server is there, where it was not at first', async () => {
    await postgres.stop()
    const app = await startApp(await connect('refuse'))
    const key = await app.keyFor('acme')
    expectOutage(await app.ask(key))
    await postgres.start()
    await vi.waitFor(async () => expect((await app.ask(key)).status).toBe(200), eventually)
  })
})
