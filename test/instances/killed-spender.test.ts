import { describe, expect, it } from 'vitest'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { type Client, connectTo } from './http.js'
import { isReachable, openStore } from './open-store.js'
import { type Instance, startInstance } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import type { InstanceSpec } from './spec.js'
import { makeSpender, type Spender } from './spending-parties.js'
import { until } from './until.js'

const KINDS: readonly StoreKind[] = ['postgres', 'ioredis', 'sqlite']
const TTL_SECONDS = 2

describe.concurrent('an instance that is killed between reserving and settling', () => {
  for (const kind of KINDS) {
    it.skipIf(isMissing(kind))(
      `leaves an authorization that is given back in time, with a row that says so: ${kind}`,
      () =>
        withScope(async (scope) => {
          const { spec, instance, client, spender } = await begun(scope, kind)
          const approved = (await spender.authorize(client, 1_000)).json()
          expect(approved).toMatchObject({ decision: 'APPROVE' })
          const id = String(approved.authorization_id)
          await instance.kill()

          const next = await restarted(scope, spec)
          const over = await until('it is given back', async () => {
            const read = (await spender.readAuthorization(next, id)).json()
            return read.status === 'authorized' ? false : read
          })
          expect(over).toMatchObject({
            status: 'expired',
            trail: [{ event: 'authorized' }, { event: 'expired' }],
          })
          expect((await spender.capture(next, id)).json()).toMatchObject({
            status: 409,
            code: 'reservation_expired',
          })
          expect((await spender.authorize(next, 1_000)).json()).toMatchObject({ decision: 'APPROVE' })
        }),
      60_000,
    )

    it.skipIf(isMissing(kind))(
      `leaves what a route held counted as spent, with a row that says so: ${kind}`,
      () =>
        withScope(async (scope) => {
          const { spec, instance, client, spender } = await begun(scope, kind)
          const answer = spender.order(client, { amount: 1_000, key: 'k', hangs: true }).catch(() => 'lost')
          await until('the handler runs', async () => (await instance.call('ordersRun')) === 1)
          await instance.kill()
          expect(await answer).toBe('lost')

          const next = await restarted(scope, spec)
          const retried = await until('its time is over', async () => {
            const again = (await spender.order(next, { amount: 1_000, key: 'k' })).json()
            return again.code === 'idempotency_in_progress' ? false : again
          })
          expect(retried).toMatchObject({ status: 409, code: 'already_committed' })
          const opened = scope.keep(await openStore(spec.store, spec.sealingKeys))
          await until('the store is reached', () => isReachable(opened))
          const { store } = opened
          const call = { signal: new AbortController().signal }
          const found = await store.readReservation(String(retried.reservation_id), call)
          expect(found?.reservation).toMatchObject({ state: 'committed', expired: true, committed: 1_000n })
          expect(found?.trail.map(({ event }) => event)).toEqual(['reserve', 'expire'])
          expect((await spender.order(next, { amount: 1 })).status).toBe(403)
        }),
      60_000,
    )

    it.skipIf(isMissing(kind))(
      `has kept every authorization that it has answered: ${kind}`,
      () =>
        withScope(async (scope) => {
          const spec = await freshStore(scope, kind)
          const instance = await startInstance(scope, spec)
          const client = scope.keep(connectTo(instance.origin, 16))
          const spender = await makeSpender(instance, client, { budget: 100_000 })
          const approved = await authorizeUntilKilled(instance, client, spender)
          const next = await restarted(scope, spec)
          for (const id of approved) {
            expect((await spender.readAuthorization(next, id)).json()).toMatchObject({ status: 'authorized' })
          }
          // Nothing was taken beside what was answered, but for what was under way on the sixteen connections.
          const left = Number(leftOf((await spender.authorize(next, 1)).json())) + 1
          const taken = 100_000 - left
          expect(taken).toBeGreaterThanOrEqual(approved.size * 10)
          expect(taken).toBeLessThanOrEqual((approved.size + 16) * 10)
          console.info(`${kind}: ${approved.size} answered, ${taken / 10} taken`)
        }),
      60_000,
    )
  }
})

async function begun(scope: Scope, kind: StoreKind) {
  const ttls = { authorizationTtlSeconds: TTL_SECONDS, reservationTtlSeconds: TTL_SECONDS }
  const spec: InstanceSpec = { ...(await freshStore(scope, kind)), spend: ttls }
  const instance = await startInstance(scope, spec)
  const client = scope.keep(connectTo(instance.origin, 2))
  return { spec, instance, client, spender: await makeSpender(instance, client, { budget: 1_000 }) }
}

async function restarted(scope: Scope, spec: InstanceSpec): Promise<Client> {
  const instance = await startInstance(scope, spec)
  return scope.keep(connectTo(instance.origin, 2))
}

const KILLED_AFTER = 60
const AT_MOST = 2_000

async function authorizeUntilKilled(
  instance: Instance,
  client: Client,
  spender: Spender,
): Promise<ReadonlySet<string>> {
  const approved = new Set<string>()
  let asked = 0
  let gone: Promise<void> | undefined
  async function goOn(): Promise<void> {
    while (gone === undefined && asked++ < AT_MOST) {
      const answer = await spender.authorize(client, 10).catch(() => undefined)
      if (answer?.status !== 200) continue
      approved.add(String(answer.json().authorization_id))
      if (approved.size === KILLED_AFTER) gone = instance.kill()
    }
  }
  await Promise.all(Array.from({ length: 16 }, goOn))
  await gone
  expect(instance.isAlive()).toBe(false)
  return approved
}

function leftOf(answer: Record<string, unknown>): unknown {
  const [budget] = answer.budgets as readonly { readonly remaining: unknown }[]
  return budget?.remaining
}
