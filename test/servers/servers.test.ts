import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type PostgresServer, startPostgres, startRedis } from '@sallyport/servers'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import {
  describeWithServer,
  freshDatabase,
  freshRedisPrefix,
  postgresUrl,
  redisUrl,
} from '../support/servers.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url)
  // A crash of the server may reach the client after its last query.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function command<T>(url: string, run: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { retryStrategy: () => null })
  redis.on('error', () => undefined)
  try {
    return await run(redis)
  } finally {
    redis.disconnect()
  }
}

/** Holds a port of loopback until the test ends. */
async function occupy(port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer()
  cleanups.push(() => server.close())
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, server }
}

const eventually = { timeout: 10_000, interval: 10 }

describeWithServer('PostgreSQL', 'postgres', () => {
  let postgres: PostgresServer
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.close())

  test('it loses nothing acknowledged that a real machine would keep', async () => {
    const names = ['server_version_num', 'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections']
    const rows = await query(
      postgres.url,
      `select name, setting from pg_settings where name in (${names.map((name) => `'${name}'`).join()})`,
    )
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      server_version_num: expect.stringMatching(/^1[5-9]\d{4}$/),
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      max_connections: '200',
    })
  })

  test('a database that it creates is empty and apart from the others, whatever its name', async () => {
    const url = await postgres.createDatabase('a "strange" name')
    await query(url, 'create table here (id int)')
    expect(await query(url, 'select current_database()')).toEqual([{ current_database: 'a "strange" name' }])
    await expect(query(postgres.url, 'select * from here')).rejects.toThrow('does not exist')
    await expect(postgres.createDatabase('a "strange" name')).rejects.toThrow('already exists')
  })

  test.each([
    ['a stop', () => postgres.stop()],
    ['a stop without a checkpoint', () => postgres.stop('immediate')],
    ['a crash', () => postgres.kill()],
  ])('after %s it refuses connections, and started again it has its data on its port', async (what, end) => {
    const url = await postgres.createDatabase(what)
    await query(url, 'create table kept (id int)')
    await query(url, 'insert into kept select generate_series(1, 1000)')
    const idle = new Client(url).on('error', () => undefined)
    const ended = new Promise((resolve) => idle.once('end', resolve))
    await idle.connect()

    await end()
    await end()
    await ended
    await expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED')

    await postgres.start()
    await postgres.start()
    expect(await query(url, 'select count(*)::int from kept')).toEqual([{ count: 1000 }])
  })

  test('a crash takes a session along that is busy', async () => {
    const busy = query(postgres.url, 'select pg_sleep(600)')
    const refused = expect(busy).rejects.toThrow('terminated unexpectedly')
    const asleep = `select 1 from pg_stat_activity where wait_event = 'PgSleep'`
    await vi.waitFor(async () => expect(await query(postgres.url, asleep)).toHaveLength(1), eventually)
    await postgres.kill()
    await refused
    await postgres.start()
    expect(await query(postgres.url, asleep)).toEqual([])
  })

  test('it waits for its port where another program has it when it starts again', async () => {
    await postgres.stop()
    const { server } = await occupy(postgres.port)
    const started = postgres.start()
    const refusals = () =>
      readFileSync(join(postgres.dir, 'server.log'), 'utf8').split('could not bind').length
    const before = refusals()
    await vi.waitFor(() => expect(refusals()).toBeGreaterThan(before), eventually)
    server.close()
    await started
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('it goes to another port where the first is taken', async () => {
    const { port } = await occupy()
    const other = await startPostgres({ firstPort: port })
    cleanups.push(() => other.close())
    expect(other.port).not.toBe(port)
    expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await other.close()
    await other.close()
    expect(existsSync(other.dir)).toBe(false)
    await expect(other.start()).rejects.toThrow('the keeper of this PostgreSQL has ended')
  })

  test('the one of this run gives every test file a database of its own', async () => {
    const [one, two] = await Promise.all([freshDatabase(), freshDatabase()])
    await query(one.url, 'create table here (id int)')
    await expect(query(two.url, 'select * from here')).rejects.toThrow('does not exist')
    await Promise.all([one.drop(), two.drop()])
    await expect(query(one.url, 'select 1')).rejects.toThrow('does not exist')
    expect(postgresUrl).not.toBe(postgres.url)
  })
})

describeWithServer('Redis', 'redis', () => {
  test.each(['stop', 'kill'] as const)(
    'after a %s it refuses connections, and started again it has its data on its port',
    async (end) => {
      const redis = await startRedis()
      cleanups.push(() => redis.close())
      const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`)
      await command(redis.url, (client) => Promise.all(keys.map((key) => client.set(key, key))))
      await redis[end]()
      await redis[end]()
      await expect(command(redis.url, (client) => client.ping())).rejects.toThrow()
      await redis.start()
      await redis.start()
      expect(await command(redis.url, (client) => client.mget(keys))).toEqual(keys)
      expect(existsSync(join(redis.dir, 'appendonlydir'))).toBe(true)
    },
  )

  test('without appendOnly a stop forgets everything', async () => {
    const redis = await startRedis({ appendOnly: false })
    cleanups.push(() => redis.close())
    await command(redis.url, (client) => client.set('key', 'value'))
    await redis.stop()
    await redis.start()
    expect(await command(redis.url, (client) => client.dbsize())).toBe(0)
  })

  test('it goes to another port where the first is taken', async () => {
    const { port } = await occupy()
    const redis = await startRedis({ firstPort: port })
    cleanups.push(() => redis.close())
    expect(redis.port).not.toBe(port)
    expect(await command(redis.url, (client) => client.ping())).toBe('PONG')
  })

  test('the one of this run gives every test keys of its own', async () => {
    expect(freshRedisPrefix()).not.toBe(freshRedisPrefix())
    const value = await command(redisUrl ?? '', async (client) => {
      const key = `${freshRedisPrefix()}key`
      await client.set(key, 'value')
      return client.getdel(key)
    })
    expect(value).toBe('value')
  })
})

describeWithServer('a process that starts PostgreSQL', 'postgres', () =>
  describeWithServer('and Redis', 'redis', () => {
    const script = `
    import { startPostgres, startRedis } from '@sallyport/servers'
    const servers = await Promise.all([startPostgres(), startRedis()])
    console.log(JSON.stringify(servers))
  `

    interface Started {
      readonly dir: string
      readonly url: string
    }

    /** Runs the script, and what comes after it; resolves once both servers are up. */
    async function startApart(then: string) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script + then], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      const exited = once(child, 'exit')
      const failed = exited.then(([code]) =>
        Promise.reject(new Error(`it ended before its servers were up: ${code}`)),
      )
      const [line] = await Promise.race([once(child.stdout, 'data'), failed])
      const servers = JSON.parse(String(line)) as [Started, Started]
      return { child, exited, servers }
    }

    async function expectNothingLeft([postgres, redis]: [Started, Started], pids: number[]) {
      await vi.waitFor(() => {
        for (const { dir } of [postgres, redis]) expect(existsSync(dir)).toBe(false)
        for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
      }, eventually)
      await expect(query(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
      await expect(command(redis.url, (client) => client.ping())).rejects.toThrow()
    }

    async function serverPids([postgres, redis]: [Started, Started]): Promise<number[]> {
      const postmaster = Number.parseInt(readFileSync(join(postgres.dir, 'data/postmaster.pid'), 'utf8'), 10)
      const backends = await query(postgres.url, 'select pid from pg_stat_activity')
      const info = await command(redis.url, (client) => client.info('server'))
      return [
        postmaster,
        ...backends.map(({ pid }) => Number(pid)),
        Number(/process_id:(\d+)/.exec(info)?.[1]),
      ]
    }

    test.each([
      ['alone', (pid: number) => process.kill(pid, 'SIGKILL')],
      ['with its process group', (pid: number) => process.kill(-pid, 'SIGKILL')],
    ])('leaves no server and no file behind when it is killed %s', async (_, kill) => {
      const { child, exited, servers } = await startApart('setInterval(() => undefined, 1000)')
      const pids = await serverPids(servers)
      expect(pids.length).toBeGreaterThan(5)
      kill(child.pid ?? 0)
      expect(await exited).toEqual([null, 'SIGKILL'])
      await expectNothingLeft(servers, pids)
    })

    test('is not kept alive by them, and leaves nothing behind when it just ends', async () => {
      const { exited, servers } = await startApart('')
      expect(await exited).toEqual([0, null])
      await expectNothingLeft(servers, [])
    })
  }),
)
