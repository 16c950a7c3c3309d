import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase, freshRedisPrefix, postgresUrl, redisUrl } from '../support/servers.js'
import type { Scope } from './scope.js'
import type { InstanceSpec, StoreSpec } from './spec.js'

export type StoreKind = StoreSpec['kind']

/** What no other run knows. */
export function freshSecrets(): Pick<InstanceSpec, 'sealingKeys' | 'sessionSecrets'> {
  return {
    sealingKeys: [randomBytes(32).toString('base64')],
    sessionSecrets: [randomBytes(32).toString('hex')],
  }
}

/** An empty store on this run's servers, which any number of instances can share. */
export async function freshStore(scope: Scope, kind: StoreKind): Promise<InstanceSpec> {
  return { store: await freshPlace(scope, kind), ...freshSecrets() }
}

/** Whether this machine has no server for it. The run has said so, and on CI it has ended. */
export function isMissing(kind: StoreKind): boolean {
  if (kind === 'sqlite') return false
  if (kind === 'composed') return postgresUrl === undefined || redisUrl === undefined
  return (kind === 'postgres' ? postgresUrl : redisUrl) === undefined
}

async function freshPlace(scope: Scope, kind: StoreKind): Promise<StoreSpec> {
  switch (kind) {
    case 'postgres': {
      const { url, drop } = await freshDatabase()
      scope.onEnd(drop)
      return { kind, url }
    }
    case 'sqlite': {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-instances-'))
      scope.onEnd(() => rm(folder, { recursive: true }))
      return { kind, file: join(folder, 'store.db') }
    }
    case 'ioredis':
    case 'node-redis':
      return { kind, url: redisUrl ?? '', prefix: freshRedisPrefix() }
    case 'composed':
      return {
        kind,
        durable: await freshPlace(scope, 'postgres'),
        shared: await freshPlace(scope, 'ioredis'),
      }
  }
}
