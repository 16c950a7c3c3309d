import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startRedis } from '@sallyport/servers'
import { Redis } from 'ioredis'
import Sqlite from 'libsql'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { checkDurability } from '../../src/cli/doctor/store-durability.js'
import { describeWithServer, freshDatabase } from '../support/servers.js'
import { diagnose } from './doctor-kit.js'
import { newKey, sallyport, scratchFolder } from './kit.js'

const folder = scratchFolder()

describe('doctor on SQLite', () => {
  it('finds that there is no file, and makes none', async () => {
    const env = { SALLYPORT_STORE: `sqlite:${join(folder, 'missing.db')}`, SALLYPORT_SEALING_KEYS: newKey() }
    for (const _ of [1, 2]) {
      const { of } = await diagnose([], env)
      expect(of('store-answers')).toMatchObject([
        { status: 'problem', detail: expect.stringContaining('does not exist') },
      ])
    }
  })

  it('finds that the tables are missing, and makes none', async () => {
    const file = join(folder, 'empty.db')
    new Sqlite(file).exec('create table other (id integer)')
    const env = { SALLYPORT_STORE: `sqlite:${file}`, SALLYPORT_SEALING_KEYS: newKey() }
    for (const _ of [1, 2]) {
      const { of } = await diagnose([], env)
      expect(of('store-tables')).toMatchObject([{ status: 'problem', remedy: 'run sallyport migrate' }])
    }
  })

  it('finds that the file is something else', async () => {
    const file = join(folder, 'letter.db')
    writeFileSync(file, 'Dear Sir or Madam, '.repeat(500))
    const { of } = await diagnose([], { SALLYPORT_STORE: `sqlite:${file}`, SALLYPORT_SEALING_KEYS: newKey() })
    expect(of('store-answers')).toMatchObject([{ status: 'problem' }])
  })
})

describeWithServer('doctor on PostgreSQL', 'postgres', () => {
  it('finds that the tables are missing, and makes none', async () => {
    const { url, drop } = await freshDatabase()
    onTestFinished(drop)
    const env = { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: newKey() }
    for (const _ of [1, 2]) expect((await diagnose([], env)).of('store-tables')).toHaveLength(1)
    await sallyport(['migrate'], { env })
    const { of } = await diagnose(['--instances', '9'], env)
    expect(of('store-tables')).toEqual([])
    for (const name of ['store', 'store-answers', 'store-durability', 'sealing-keys', 'clock']) {
      expect(of(name)).toMatchObject([{ status: 'ok' }])
    }
  })

  it('finds that commits are acknowledged before they are kept', async () => {
    const { url, drop } = await freshDatabase()
    onTestFinished(drop)
    const client = new Client(url)
    await client.connect()
    await client.query(`alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`)
    await client.end()
    const { of } = await diagnose([], { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: newKey() })
    expect(of('store-durability')).toMatchObject([
      { status: 'problem', detail: expect.stringContaining('synchronous_commit') },
    ])
  })

  it('finds that nobody answers', async () => {
    const url = 'postgres://shop:hunter2@127.0.0.1:1/shop'
    const { run, of } = await diagnose([], { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: newKey() })
    expect(of('store-answers')).toMatchObject([
      { status: 'problem', detail: expect.stringContaining('ECONNREFUSED') },
    ])
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })
})

describeWithServer('doctor on Redis', 'redis', () => {
  // One of its own: what is changed here belongs to the whole server.
  let server: Awaited<ReturnType<typeof startRedis>>
  let redis: Redis
  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis(server.url)
    redis.on('error', () => undefined)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.close()
  })

  const SOUND = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction', maxmemory: '0' }

  async function set(settings: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries({ ...SOUND, ...settings })) {
      await redis.config('SET', name, value)
    }
  }

  async function diagnoseWith(settings: Readonly<Record<string, string>>) {
    await set(settings)
    return diagnose([], { SALLYPORT_STORE: server.url, SALLYPORT_SEALING_KEYS: newKey() })
  }

  it.each([
    { settings: {}, status: 'ok', said: 'survives' },
    { settings: { appendfsync: 'everysec' }, status: 'warning', said: 'appendfsync is everysec' },
    { settings: { appendonly: 'no' }, status: 'problem', said: 'appendonly is off' },
    { settings: { 'maxmemory-policy': 'allkeys-lru' }, status: 'warning', said: 'forgets credentials' },
    {
      settings: { 'maxmemory-policy': 'volatile-ttl', maxmemory: '500mb' },
      status: 'problem',
      said: 'a used token can be used again',
    },
  ])('says $status of the settings $settings', async ({ settings, status, said }) => {
    const { of } = await diagnoseWith(settings)
    expect(of('store-durability')).toMatchObject([{ status, detail: expect.stringContaining(said) }])
    for (const name of ['store', 'store-answers', 'sealing-keys', 'clock']) {
      expect(of(name)).toMatchObject([{ status: 'ok' }])
    }
  })

  it('reads what a provider tells who forbids CONFIG', async () => {
    await set({ appendonly: 'no' })
    await redis.call('ACL', 'SETUSER', 'app', 'on', '>hunter2', '~*', '+@all', '-config')
    const url = server.url.replace('redis://', 'redis://app:hunter2@')
    const { run, of } = await diagnose([], { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: newKey() })
    expect(of('store-durability')).toMatchObject([
      { status: 'problem', detail: expect.stringContaining('appendonly is off') },
    ])
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })
})

describe('what a database says of its durability', () => {
  const findingsFor = (kind: 'postgres' | 'redis', settings: Readonly<Record<string, string>>) =>
    checkDurability({
      opened: async () => ({ kind, setting: async (name: string) => settings[name] }),
    } as unknown as Parameters<typeof checkDurability>[0])

  it('is a problem where PostgreSQL does not write at all', async () => {
    expect(await findingsFor('postgres', { fsync: 'off', synchronous_commit: 'on' })).toMatchObject([
      { status: 'problem', detail: expect.stringContaining('fsync is off') },
    ])
    expect(await findingsFor('postgres', { fsync: 'on', synchronous_commit: 'local' })).toMatchObject([
      { status: 'ok' },
    ])
  })

  it('is a warning where Redis does not tell', async () => {
    expect(await findingsFor('redis', {})).toMatchObject([{ status: 'warning' }, { status: 'warning' }])
  })
})
