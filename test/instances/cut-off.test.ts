import { describe, expect, it } from 'vitest'
import { type Cut, startProxy } from './cuttable-proxy.js'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { type Client, connectTo } from './http.js'
import { allAnswered, expectOutage, type Load, lastLetInAtMs, startLoad, type Target } from './load.js'
import { complaintsOf, type Instance, startInstance } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { type InstanceSpec, PORT_TIMEOUT_MS, REVOCATION_BOUND_MS, type StoreSpec } from './spec.js'
import { until } from './until.js'
import { expectStatus, makeKey, type ShownKey, walletCaller, whoami } from './wallet-caller.js'

const KINDS: readonly StoreKind[] = ['postgres', 'ioredis', 'node-redis', 'composed']
const CUTS: readonly Cut[] = ['reset', 'silence']
const CONNECTIONS = 3
// What the first request reads may be forgotten by the first look at the changes.
const TIMES = 10
// For a machine that is slow; the bound itself is exact.
const SLACK_MS = 4_000

const LABELS = ['key', 'session', 'revoked meanwhile'] as const
type Label = (typeof LABELS)[number]

/** One instance, its way to the store, and what it answers. */
interface CutOff {
  readonly cut: Cut
  cutOff(): void
  heal(): void
  readonly instance: Instance
  readonly load: Load<Label>
}

/** When things were done: wall clock, milliseconds. */
interface Times {
  readonly cutAtMs: number
  readonly healedAtMs: number
}

describe.concurrent('an instance that is cut off from its store', () => {
  for (const kind of KINDS) {
    it.skipIf(isMissing(kind))(
      `relies on nothing for longer than the bound, and comes back: ${kind}`,
      () => withScope((scope) => cutAndHeal(scope, kind)),
      90_000,
    )
  }
})

async function cutAndHeal(scope: Scope, kind: StoreKind): Promise<void> {
  const spec = await freshStore(scope, kind)
  const whole = await startInstance(scope, spec)
  const client = scope.keep(connectTo(whole.origin, CONNECTIONS + 1))
  const caller = walletCaller()
  const session = await caller.signIn(client)
  const { headers } = session
  const key = await makeKey(client, caller, session, 'key')
  const revoked = await makeKey(client, caller, session, 'revoked meanwhile')
  const targets: readonly Target<Label>[] = [
    { label: 'key', ask: (at) => whoami(at, key) },
    { label: 'session', ask: (at) => whoami(at, session) },
    { label: 'revoked meanwhile', ask: (at) => whoami(at, revoked) },
  ]
  const ones = await Promise.all(CUTS.map((cut) => behindProxy(scope, spec, cut, targets)))
  const wholeLoad = startLoad(client, { connections: CONNECTIONS }, targets)
  const loads = [wholeLoad, ...ones.map(({ load }) => load)]
  await until('every instance has all of them in its cache', () =>
    loads.every((load) => allAnswered(load, LABELS, 200, TIMES)),
  )

  for (const one of ones) one.cutOff()
  const cutAtMs = Date.now()
  expectStatus(await client.ask({ method: 'DELETE', path: `/v1/keys/${revoked.id}`, headers }), 200)
  const overAtMs = cutAtMs + REVOCATION_BOUND_MS
  await until('everything is refused', () =>
    ones.every(({ load }) => LABELS.every((label) => hasAnswered(load, label, 503, overAtMs))),
  )
  for (const one of ones) one.heal()
  const healedAtMs = Date.now()
  await until('it serves again, but not what was revoked', () =>
    ones.every(
      ({ load }) =>
        hasAnswered(load, 'key', 200, healedAtMs) &&
        hasAnswered(load, 'session', 200, healedAtMs) &&
        hasAnswered(load, 'revoked meanwhile', 401, healedAtMs),
    ),
  )
  await Promise.all(loads.map((load) => load.stop()))
  for (const one of ones) console.info(`${kind}, ${one.cut}: ${expectKept(one, { cutAtMs, healedAtMs })}`)
  const elsewhere = wholeLoad.seen.filter(({ label }) => label !== 'revoked meanwhile')
  expect(new Set(elsewhere.map(({ status }) => status))).toEqual(new Set([200]))
  await expectEveryUseToBeCounted(client, headers, key, loads)
}

async function behindProxy(
  scope: Scope,
  spec: InstanceSpec,
  cut: Cut,
  targets: readonly Target<Label>[],
): Promise<CutOff> {
  const proxy = scope.keep(await startProxy(serverOf(spec.store)))
  const instance = await startInstance(scope, { ...spec, store: by(spec.store, proxy.url) })
  const client = scope.keep(connectTo(instance.origin, CONNECTIONS))
  const load = startLoad(client, { connections: CONNECTIONS }, targets)
  return { cut, cutOff: () => proxy.cut(cut), heal: proxy.heal, instance, load }
}

/** What was let in, what was refused, and how; in figures. */
function expectKept({ instance, load: { seen } }: CutOff, { cutAtMs, healedAtMs }: Times): string {
  const during = seen.filter(({ sentAtMs, receivedAtMs }) => sentAtMs >= cutAtMs && receivedAtMs < healedAtMs)
  expect(new Set(during.map(({ status }) => status))).toEqual(new Set([200, 503]))
  const lastMs = lastLetInAtMs(during) - cutAtMs
  expect(lastMs).toBeLessThan(REVOCATION_BOUND_MS)

  const refused = seen.filter(({ status }) => status === 503)
  for (const one of refused) expectOutage(one)
  const firstMs = Math.min(...refused.map(({ receivedAtMs }) => receivedAtMs)) - cutAtMs
  expect(firstMs).toBeLessThan(REVOCATION_BOUND_MS + PORT_TIMEOUT_MS + SLACK_MS)
  const waitedMs = Math.max(...refused.map(({ sentAtMs, receivedAtMs }) => receivedAtMs - sentAtMs))
  expect(waitedMs).toBeLessThan(PORT_TIMEOUT_MS + SLACK_MS)

  // Nobody but who was revoked is ever called wrong, and that one is never let in again.
  const wrong = seen.filter(({ status }) => status !== 200 && status !== 503)
  const words = new Set(wrong.map(({ label, status }) => `${label} ${status}`))
  expect(words).toEqual(new Set(['revoked meanwhile 401']))
  const overAtMs = cutAtMs + REVOCATION_BOUND_MS
  const late = seen.filter(
    ({ label, decidedAtMs }) => label === 'revoked meanwhile' && decidedAtMs >= overAtMs,
  )
  expect(late).toEqual([])
  expect(complaintsOf(instance)).toEqual([])
  const again = seen.filter(({ decidedAtMs }) => decidedAtMs > healedAtMs)
  const backMs = Math.min(...again.map(({ receivedAtMs }) => receivedAtMs)) - healedAtMs
  return (
    `last 200 after ${lastMs} ms, first 503 after ${firstMs} ms, longest wait for one ${waitedMs} ms, ` +
    `served again ${backMs} ms after it was healed`
  )
}

/** What could not be written meanwhile was kept, and what was sent twice was counted once. */
async function expectEveryUseToBeCounted(
  client: Client,
  headers: ShownKey['headers'],
  key: ShownKey,
  loads: readonly Load<Label>[],
): Promise<void> {
  const used = loads
    .flatMap(({ seen }) => seen)
    .filter(({ label, status }) => label === 'key' && status === 200).length
  await until('every use is counted', async () => {
    const answer = await client.ask({ path: `/v1/keys/${key.id}/stats`, headers })
    const counted = Number(expectStatus(answer, 200).request_count)
    if (counted > used) throw new Error(`${counted} uses of ${used} were counted`)
    return counted === used
  })
}

function hasAnswered({ seen }: Load<Label>, label: Label, status: number, sinceMs: number): boolean {
  return seen.some((one) => one.label === label && one.status === status && one.sentAtMs >= sinceMs)
}

/** The server that is cut off: of two, the one that keeps the claims. */
function serverOf(store: StoreSpec): string {
  if (store.kind === 'sqlite') throw new Error('a file has no server')
  return store.kind === 'composed' ? serverOf(store.shared) : store.url
}

/** The same store by another way. */
function by(store: StoreSpec, url: string): StoreSpec {
  if (store.kind === 'sqlite') throw new Error('a file has no server')
  return store.kind === 'composed' ? { ...store, shared: by(store.shared, url) } : { ...store, url }
}
