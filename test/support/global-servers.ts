/** Vitest's `globalSetup`: one PostgreSQL and one Redis for the whole run, or a loud line about what is missing. */
import { installMissing, startPostgres, startRedis } from '@sallyport/servers'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a superuser; `undefined` where this machine has no PostgreSQL. */
    postgresUrl: string | undefined
    /** `undefined` where this machine has no Redis. */
    redisUrl: string | undefined
  }
}

/** Answers the teardown. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The planted bugs are caught without servers, and need not wait for forty pairs of them.
  if (process.env.SALLYPORT_TEST_SERVERS === 'none') {
    project.provide('postgresUrl', undefined)
    project.provide('redisUrl', undefined)
    return async () => undefined
  }
  const servers = await installMissing()
  const missing = [
    ...(servers.postgres === undefined ? ['PostgreSQL'] : []),
    ...(servers.redis === undefined ? ['Redis'] : []),
  ].join(' and no ')
  if (missing !== '') {
    if (process.env.CI === 'true') throw new Error(`CI must run every test, but here is no ${missing}`)
    console.warn(`SKIPPING every test that needs one: here is no ${missing}`)
  }
  const [postgres, redis] = await Promise.all([
    servers.postgres === undefined ? undefined : startPostgres({ servers }),
    servers.redis === undefined ? undefined : startRedis({ servers }),
  ])
  project.provide('postgresUrl', postgres?.url)
  project.provide('redisUrl', redis?.url)
  return async () => {
    await Promise.all([postgres?.close(), redis?.close()])
  }
}
