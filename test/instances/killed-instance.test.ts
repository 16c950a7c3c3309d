import { describe, expect, it } from 'vitest'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { connectTo } from './http.js'
import {
  expectEntriesToBeWhole,
  expectListToBeWhole,
  expectShownKeysToWork,
  type KeysMade,
  startMaking,
} from './making-keys.js'
import { isReachable, openStore } from './open-store.js'
import { type Instance, startInstance } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { until } from './until.js'
import { type Session, type WalletCaller, walletCaller } from './wallet-caller.js'

const KINDS: readonly StoreKind[] = ['sqlite', 'postgres']
const TIMES = 10
const KEYS = 1_000
const CONNECTIONS = 16
// The moment of the kill: at most so many keys were shown, at most so long ago.
const LATEST = 200
const LATEST_MS = 10

describe.concurrent('an instance that is killed in the middle of making a thousand keys', () => {
  for (const kind of KINDS) {
    it.skipIf(isMissing(kind))(
      `has kept every key that it has shown, ten times over: ${kind}`,
      () => withScope((scope) => killAndLook(scope, kind)),
      180_000,
    )
  }
})

async function killAndLook(scope: Scope, kind: StoreKind): Promise<void> {
  const spec = await freshStore(scope, kind)
  const figures: string[] = []
  let instance = await startInstance(scope, spec)
  for (let time = 0; time < TIMES; time++) {
    const { made, caller, session } = await makeUntilKilled(instance)
    // Looked at from outside before a new instance may have mended anything.
    const opened = await openStore(spec.store, spec.sealingKeys)
    await until('the store is reached', () => isReachable(opened))
    const there = await expectEntriesToBeWhole(opened.store, caller)
    await opened.close()

    instance = await startInstance(scope, spec)
    const client = connectTo(instance.origin, CONNECTIONS)
    await expectShownKeysToWork(client, made, caller)
    expect(await expectListToBeWhole(client, session, made)).toEqual(there)
    client.close()
    figures.push(
      `${made.shown.size} shown, ${there.size} there, ${made.revoked.size} revoked, ${made.outages} times 503`,
    )
  }
  console.info(`${kind}: ${figures.join('; ')}`)
}

async function makeUntilKilled(instance: Instance): Promise<{
  readonly made: KeysMade
  readonly caller: WalletCaller
  readonly session: Session
}> {
  const client = connectTo(instance.origin, CONNECTIONS)
  const caller = walletCaller()
  const session = await caller.signIn(client)
  const moment = Math.ceil(Math.random() * LATEST)
  let gone: Promise<void> | undefined
  const kill = () => {
    gone = instance.kill()
  }
  const onShown = (count: number) => {
    // Not at once: then it would always be just after an answer.
    if (count === moment) setTimeout(kill, Math.random() * LATEST_MS)
  }
  const making = startMaking(client, caller, session, KEYS, onShown, () => gone !== undefined)
  await making.done
  await gone
  expect(instance.isAlive()).toBe(false)
  client.close()
  return { made: making.so, caller, session }
}
