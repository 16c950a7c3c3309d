import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@sallyport/servers'
import { describe, expect, it } from 'vitest'
import { freshSecrets, isMissing } from './fresh-store.js'
import { connectTo } from './http.js'
import {
  expectEntriesToBeWhole,
  expectListToBeWhole,
  expectShownKeysToWork,
  startMaking,
} from './making-keys.js'
import { isReachable, openStore } from './open-store.js'
import { complaintsOf, startInstance } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import type { InstanceSpec, StoreSpec } from './spec.js'
import { until } from './until.js'
import { walletCaller } from './wallet-caller.js'

type Kind = 'postgres' | 'ioredis'

const TIMES = 3
const CONNECTIONS = 16
// At most so many keys are shown before it is killed, and so many after it is back.
const LATEST = 150
const AFTER = 20

describe.concurrent('a server that is killed while an instance makes keys in it', () => {
  for (const kind of ['postgres', 'ioredis'] satisfies Kind[]) {
    it.skipIf(isMissing(kind))(
      `has kept every key that was shown, three times over: ${kind}`,
      () => withScope((scope) => killAndLook(scope, kind)),
      120_000,
    )
  }
})

async function killAndLook(scope: Scope, kind: Kind): Promise<void> {
  const server: PostgresServer | RedisServer = await (kind === 'postgres' ? startPostgres() : startRedis())
  scope.keep(server)
  const { url } = server
  const store: StoreSpec = kind === 'postgres' ? { kind, url } : { kind, url, prefix: 'killed' }
  const spec: InstanceSpec = { store, ...freshSecrets() }
  const instance = await startInstance(scope, spec)
  const client = scope.keep(connectTo(instance.origin, CONNECTIONS))
  const opened = scope.keep(await openStore(spec.store, spec.sealingKeys))
  const figures: string[] = []

  for (let time = 0; time < TIMES; time++) {
    const caller = walletCaller()
    const session = await caller.signIn(client)
    let shownSoFar = 0
    const onShown = (count: number) => {
      shownSoFar = count
    }
    const making = startMaking(client, caller, session, Number.POSITIVE_INFINITY, onShown, () => false)
    const moment = Math.ceil(Math.random() * LATEST)
    await until('enough keys were shown', () => shownSoFar >= moment)
    await server.kill()
    const before = shownSoFar
    await until('it is missed', () => making.so.outages > 0)
    await server.start()
    await until('keys are made again', () => shownSoFar >= before + AFTER)
    making.stop()
    await making.done

    await expectShownKeysToWork(client, making.so, caller)
    const listed = await expectListToBeWhole(client, session, making.so)
    await until('the store is reached from here too', () => isReachable(opened))
    expect(await expectEntriesToBeWhole(opened.store, caller)).toEqual(listed)
    const { shown, revoked, outages } = making.so
    figures.push(
      `${before} of ${shown.size} shown before, ${listed.size} there, ${revoked.size} revoked, ${outages} times 503`,
    )
  }
  expect(complaintsOf(instance)).toEqual([])
  console.info(`${kind}: ${figures.join('; ')}`)
}
