import { describe, expect, it } from 'vitest'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { type Client, connectTo } from './http.js'
import { type Seen, startLoad, type Target } from './load.js'
import { isReachable, openStore } from './open-store.js'
import { startInstances } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { FLUSH_INTERVAL_MS, type InstanceSpec, WHOAMI } from './spec.js'
import { until } from './until.js'
import { expectStatus, makeKey, type Session, type ShownKey, walletCaller, whoami } from './wallet-caller.js'

const KINDS: readonly StoreKind[] = ['postgres', 'ioredis']
const CONNECTIONS = 3
const LONG_MS = 3 * FLUSH_INTERVAL_MS
// What writing a batch, and a timer that is late on a busy machine, may add to the interval.
const SLACK_MS = 1_000

type Label = 'allowed' | 'wallet_missing'

describe.concurrent('the uses of one key on two processes', () => {
  for (const kind of KINDS) {
    it.skipIf(isMissing(kind))(
      `add up exactly, and few are lost where one process is killed: ${kind}`,
      () => withScope((scope) => countAndKill(scope, kind)),
      60_000,
    )
  }
})

async function countAndKill(scope: Scope, kind: StoreKind): Promise<void> {
  const spec = await freshStore(scope, kind)
  const instances = await startInstances(scope, spec, 2)
  const clients = instances.map(({ origin }) => scope.keep(connectTo(origin, CONNECTIONS + 1)))
  const [instanceA, instanceB] = instances
  const [a] = clients
  if (instanceA === undefined || instanceB === undefined || a === undefined) throw new Error('no instance')
  const caller = walletCaller()
  const session = await caller.signIn(a)

  const key = await makeKey(a, caller, session, 'key')
  const all = (await useFor(LONG_MS, clients, key, async () => undefined)).flat()
  await until('both have written what they counted', async () => {
    const counted = Number((await statsOf(a, session, key)).request_count)
    if (counted > all.length) throw new Error(`${counted} uses of ${all.length} were counted`)
    return counted === all.length
  })
  const refused = all.filter(({ label }) => label === 'wallet_missing').length
  for (const client of clients) {
    expect(await statsOf(client, session, key)).toMatchObject({
      request_count: all.length,
      refusal_count: refused,
      refusals: { wallet_missing: refused },
      endpoint_usage: { [`GET ${WHOAMI}`]: all.length },
    })
  }

  const doomed = await makeKey(a, caller, session, 'doomed')
  let killedAtMs = 0
  const [ofA = [], ofB = []] = await useFor(LONG_MS, clients, doomed, () => {
    killedAtMs = Date.now()
    return instanceB.kill()
  })
  const counted = Number((await statsOf(a, session, doomed)).request_count)
  const countedOfB = counted - ofA.length
  const answeredByB = ofB.filter(({ status }) => status !== 0)
  // What was counted before the last interval was written; nothing is counted that was not asked.
  const intervalAgoMs = killedAtMs - FLUSH_INTERVAL_MS - SLACK_MS
  const written = answeredByB.filter(({ receivedAtMs }) => receivedAtMs < intervalAgoMs)
  expect(written.length).toBeGreaterThan(0)
  expect(countedOfB).toBeGreaterThanOrEqual(written.length)
  expect(countedOfB).toBeLessThanOrEqual(ofB.length)
  console.info(
    `${kind}: all of ${all.length} uses counted; of ${answeredByB.length} on the process that was killed ` +
      `${answeredByB.length - countedOfB} were lost, those of ${lostMs(answeredByB, countedOfB, killedAtMs)} ms`,
  )
  await instanceA.call('close')
  expect(await sumsOf(scope, spec, [key, doomed])).toEqual([all.length, counted])
}

/** Uses a key on every instance, then does something, and answers what each of them has answered. */
async function useFor(
  longMs: number,
  clients: readonly Client[],
  key: ShownKey,
  then: () => Promise<void>,
): Promise<readonly (readonly Seen<Label>[])[]> {
  const targets: readonly Target<Label>[] = [
    { label: 'allowed', ask: (client) => whoami(client, key) },
    {
      label: 'wallet_missing',
      ask: (client) => client.ask({ path: WHOAMI, headers: { authorization: `Bearer ${key.key}` } }),
    },
  ]
  const beganMs = Date.now()
  const loads = clients.map((client) => startLoad(client, { connections: CONNECTIONS }, targets))
  await until('it was used for long enough', () => Date.now() - beganMs > longMs)
  await then()
  return Promise.all(loads.map((load) => load.stop()))
}

async function statsOf(client: Client, { headers }: Session, key: ShownKey) {
  return expectStatus(await client.ask({ path: `/v1/keys/${key.id}/stats`, headers }), 200)
}

/** How long before the kill the first request came that was not counted. */
function lostMs(answered: readonly Seen<Label>[], counted: number, killedAtMs: number): number {
  const inOrder = answered.map(({ receivedAtMs }) => receivedAtMs).sort((a, b) => a - b)
  return killedAtMs - (inOrder[counted] ?? killedAtMs)
}

/** What the store has counted, once every gate that is left has been closed. */
async function sumsOf(scope: Scope, spec: InstanceSpec, keys: readonly ShownKey[]): Promise<number[]> {
  const opened = scope.keep(await openStore(spec.store, spec.sealingKeys))
  await until('the store is reached', () => isReachable(opened))
  const call = { signal: AbortSignal.timeout(20_000) }
  const sums = await opened.store.readUsage({ credentialIds: keys.map(({ id }) => id) }, call)
  return keys.map(({ id }) =>
    sums.filter(({ credentialId }) => credentialId === id).reduce((sum, { count }) => sum + count, 0),
  )
}
