import { dirname } from 'node:path'
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@sallyport/servers'
import { Redis } from 'ioredis'
import { Client as PostgresClient } from 'pg'
import { describe, expect, it } from 'vitest'
import { freshSecrets, freshStore, isMissing } from './fresh-store.js'
import { connectTo } from './http.js'
import { type Caller, type MadeSecrets, makeSecrets } from './making-secrets.js'
import { type Instance, startInstance } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { findSecrets, readFolder, type Written } from './secret-search.js'
import type { InstanceSpec } from './spec.js'
import { until } from './until.js'

interface Scene extends MadeSecrets, Caller {
  readonly instance: Instance
}

async function play(scope: Scope, spec: InstanceSpec): Promise<Scene> {
  const instance = await startInstance(scope, { ...spec, keepsEvents: true })
  const client = scope.keep(connectTo(instance.origin, 1))
  return { instance, ...(await makeSecrets(instance, client, spec)) }
}

/** What the instance has said: its output, and the events of its decisions. */
async function wordsOf(instance: Instance): Promise<Map<string, Buffer>> {
  const events = await instance.call('events')
  expect(events.length).toBeGreaterThan(50)
  return new Map([
    ['the output', Buffer.from(instance.output())],
    ['the events', Buffer.from(JSON.stringify(events))],
  ])
}

/** No secret is there; and whatever else was kept is, so that the search can be trusted. */
function expectNothingSecret({ secrets, known }: MadeSecrets, written: Written): void {
  expect(findSecrets(secrets, written)).toEqual([])
  const unfound = known.filter((text) => ![...written.values()].some((bytes) => bytes.includes(text)))
  expect(unfound).toEqual([])
}

describe('what an instance has written has no secret in it', () => {
  it('in an SQLite file, beside its log and after it', () => withScope(searchSqlite), 30_000)
  it.skipIf(isMissing('postgres'))(
    "in PostgreSQL's tables and files, and every statement that it was sent",
    () => withScope(searchPostgres),
    60_000,
  )
  it.skipIf(isMissing('ioredis'))(
    "in Redis's keys and files, and every command that it was sent",
    () => withScope(searchRedis),
    60_000,
  )
})

async function searchSqlite(scope: Scope): Promise<void> {
  const spec = await freshStore(scope, 'sqlite')
  if (spec.store.kind !== 'sqlite') throw new Error('it is another store')
  const folder = dirname(spec.store.file)
  const scene = await play(scope, spec)
  const files = readFolder(folder, 0)
  expect([...files.keys()]).toContain('store.db-wal')
  expectNothingSecret(scene, files)
  expect(findSecrets(scene.secrets, await wordsOf(scene.instance))).toEqual([])
  await scene.instance.call('close')
  expectNothingSecret(scene, readFolder(folder, 0))
}

async function searchPostgres(scope: Scope): Promise<void> {
  const server = scope.keep(await startPostgres())
  const admin = new PostgresClient(server.url)
  await admin.connect()
  await admin.query(`alter system set log_statement = 'all'`)
  await admin.query('select pg_reload_conf()')
  const beganMs = Date.now()
  const scene = await play(scope, { store: { kind: 'postgres', url: server.url }, ...freshSecrets() })
  const dump = await dumpOf(admin)
  await admin.query('checkpoint')
  await admin.end()
  expectNothingSecret(scene, new Map([['the dump', dump]]))
  await duringOutage(server, scene)
  // Files tell their time more roughly than the clock.
  const files = readFolder(server.dir, beganMs - 1_000)
  const log = files.get('server.log')
  // With their parameters.
  expect(log?.includes('insert into "sallyport_credential"')).toBe(true)
  expect(log?.includes('a name to be found')).toBe(true)
  expectNothingSecret(scene, files)
  expect(findSecrets(scene.secrets, await wordsOf(scene.instance))).toEqual([])
}

async function searchRedis(scope: Scope): Promise<void> {
  const server = scope.keep(await startRedis())
  const admin = new Redis(server.url)
  const commands: string[] = []
  const monitor = await admin.monitor()
  monitor.on('monitor', (_at: string, words: string[]) => commands.push(words.join(' ')))
  for (const connection of [admin, monitor]) {
    connection.on('error', () => undefined)
    scope.onEnd(() => connection.disconnect())
  }
  const store = { kind: 'ioredis', url: server.url, prefix: 'secrecy' } as const
  const scene = await play(scope, { store, ...freshSecrets() })
  expectNothingSecret(scene, new Map([['the keys', await keysOf(admin)]]))
  expectNothingSecret(scene, new Map([['the commands', Buffer.from(commands.join('\n'))]]))
  // Compressed it could not be searched.
  await admin.config('SET', 'rdbcompression', 'no')
  await admin.save()
  await duringOutage(server, scene)
  const files = readFolder(server.dir, 0)
  expect([...files.keys()].some((name) => name.endsWith('.rdb'))).toBe(true)
  expect([...files.keys()].some((name) => name.endsWith('.incr.aof'))).toBe(true)
  expectNothingSecret(scene, files)
  expect(findSecrets(scene.secrets, await wordsOf(scene.instance))).toEqual([])
}

/** What cannot be answered is told of, with causes in the driver's words. */
async function duringOutage(server: PostgresServer | RedisServer, scene: Scene): Promise<void> {
  await server.stop()
  // What the instance remembers is answered for as long as it may be.
  await until('a credential cannot be looked up', async () => (await scene.present()).includes(503))
}

async function dumpOf(admin: PostgresClient): Promise<Buffer> {
  const { rows: tables } = await admin.query<{ readonly name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  expect(tables.length).toBeGreaterThan(5)
  const dumps: string[] = []
  for (const { name } of tables) dumps.push(JSON.stringify((await admin.query(`select * from ${name}`)).rows))
  return Buffer.from(dumps.join('\n'))
}

async function keysOf(admin: Redis): Promise<Buffer> {
  const parts: string[] = []
  for (const key of await admin.keys('*')) {
    const type = await admin.type(key)
    const content =
      type === 'hash'
        ? await admin.hgetall(key)
        : type === 'set'
          ? await admin.smembers(key)
          : type === 'zset'
            ? await admin.zrange(key, '0', '-1')
            : await admin.get(key)
    parts.push(key, JSON.stringify(content))
  }
  expect(parts.length).toBeGreaterThan(10)
  return Buffer.from(parts.join('\n'))
}
