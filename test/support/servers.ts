/** The servers of this run, which `global-servers.ts` has started. Every test file shares them. */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { describe, inject } from 'vitest'

export const postgresUrl: string | undefined = inject('postgresUrl')
export const redisUrl: string | undefined = inject('redisUrl')

const urls = { postgres: postgresUrl, redis: redisUrl }

/** `describe` for tests that need a server. Where it is missing they are skipped, and say so on stderr. */
export function describeWithServer(name: string, server: 'postgres' | 'redis', tests: () => void): void {
  if (urls[server] !== undefined) {
    describe(name, tests)
    return
  }
  // Never on CI, where the run has ended before its first test.
  console.warn(`SKIPPED for want of a ${server} server: ${name}`)
  describe.skip(name, tests)
}

export interface FreshDatabase {
  readonly url: string
  /** Ends whatever session is left. A `pg` pool that still holds one emits an error: end it first. */
  drop(): Promise<void>
}

/** An empty database of one's own on this run's PostgreSQL. */
export async function freshDatabase(): Promise<FreshDatabase> {
  if (postgresUrl === undefined) throw new Error('this run has no PostgreSQL: use describeWithServer')
  const name = `test_${randomBytes(8).toString('hex')}`
  const url = new URL(name, postgresUrl)
  await administer(postgresUrl, `create database ${name}`)
  return {
    url: url.href,
    drop: () => administer(postgresUrl, `drop database if exists ${name} with (force)`),
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A prefix for keys that no other test uses on this run's Redis. */
export function freshRedisPrefix(): string {
  return `test-${randomBytes(8).toString('hex')}:`
}
