import { randomBytes } from 'node:crypto'
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@sallyport/servers'
import { describe, expect, it } from 'vitest'
import { freshSecrets, isMissing } from './fresh-store.js'
import { connectTo } from './http.js'
import { expectOutage, type Load, type Seen, startLoad } from './load.js'
import { complaintsOf, type Instance, startInstance } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { type Health, type InstanceSpec, REVOCATION_BOUND_MS, type StoreSpec, WHOAMI } from './spec.js'
import { until } from './until.js'
import { expectStatus, makeKey, verify, walletCaller, whoami } from './wallet-caller.js'

/** Who asks: with what is in the cache, with a key that the instance has not seen, with one that nobody has made. */
const LABELS = ['cached', 'session', 'unseen', 'nobody'] as const
type Label = (typeof LABELS)[number]

interface Way {
  readonly kind: 'postgres' | 'ioredis' | 'node-redis'
  readonly how: 'stop' | 'kill'
}

const WAYS: readonly Way[] = [
  { kind: 'postgres', how: 'stop' },
  { kind: 'postgres', how: 'kill' },
  { kind: 'ioredis', how: 'stop' },
  { kind: 'node-redis', how: 'kill' },
]
// Each is asked with once: enough of them for as long as the test may take.
const UNSEEN = 160
const PAUSE_MS = 150
const HEAP_SLACK_BYTES = 32 * 1024 * 1024

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const inventedKey = () => `sk_${randomBytes(32).toString('base64url')}`

describe.concurrent('a server that goes away under load, and comes back', () => {
  for (const { kind, how } of WAYS) {
    it.skipIf(isMissing(kind))(
      `is an outage and nothing worse, after a ${how}: ${kind}`,
      () => withScope((scope) => goAndComeBack(scope, { kind, how })),
      90_000,
    )
  }
})

async function goAndComeBack(scope: Scope, { kind, how }: Way): Promise<void> {
  const server: PostgresServer | RedisServer = await (kind === 'postgres' ? startPostgres() : startRedis())
  scope.keep(server)
  const { url } = server
  const store: StoreSpec = kind === 'postgres' ? { kind, url } : { kind, url, prefix: 'outages' }
  const spec: InstanceSpec = { store, ...freshSecrets() }
  const instance = await startInstance(scope, spec)
  const client = scope.keep(connectTo(instance.origin, 6))
  const caller = walletCaller()
  const session = await caller.signIn(client)
  const key = await makeKey(client, caller, session, 'key')
  const unseen = await issueKeys(instance)
  const nextUnseen = () => {
    const next = unseen.pop()
    if (next === undefined) throw new Error('every key has been seen by now')
    return next
  }
  const loads: readonly Load<Label>[] = [
    startLoad<Label>(client, { connections: 3 }, [
      { label: 'cached', ask: (at) => whoami(at, key) },
      { label: 'session', ask: (at) => whoami(at, session) },
      { label: 'nobody', ask: (at) => at.ask({ path: WHOAMI, headers: bearer(inventedKey()) }) },
    ]),
    startLoad<Label>(client, { connections: 1, pauseMs: PAUSE_MS }, [
      { label: 'unseen', ask: (at) => at.ask({ path: WHOAMI, headers: bearer(nextUnseen()) }) },
    ]),
  ]
  await until('it serves', () => isServing(loads, 0))
  const before = await instance.call('health')
  const proof = await caller.prove(client)

  await server[how]()
  const downAtMs = Date.now()
  expect((await verify(client, proof)).json().code).toBe('dependency_unavailable')
  const newcomer = await startInstance(scope, spec, { waits: false })
  await expectNotReady(newcomer)
  await until('everything is refused', () =>
    LABELS.every((label) => hasAnswered(loads, label, 503, downAtMs + REVOCATION_BOUND_MS)),
  )
  const startingAtMs = Date.now()
  await server.start()
  const upAtMs = Date.now()
  await until('it serves again', () => isServing(loads, upAtMs))
  // What could not be known has not used the challenge up.
  expectStatus(await verify(client, proof), 200)
  await until('the newcomer is ready', () => isReady(newcomer))
  expectStatus(await whoami(scope.keep(connectTo(newcomer.origin, 1)), key), 200)

  const seen = (await Promise.all(loads.map((load) => load.stop()))).flat()
  expectOnlyOutages(seen)
  const away = seen.filter(
    ({ sentAtMs, receivedAtMs }) => sentAtMs >= downAtMs && receivedAtMs <= startingAtMs,
  )
  for (const one of away) expectToBeUnknown(one, downAtMs)
  for (const each of [instance, newcomer]) {
    expect(each.isAlive()).toBe(true)
    expect(complaintsOf(each)).toEqual([])
  }
  const after = await until('the connections are as before', () => isAsBefore(instance, before))
  const grownBytes = after.heapBytes - before.heapBytes
  expect(grownBytes).toBeLessThan(HEAP_SLACK_BYTES)
  const back = seen.filter(({ label, decidedAtMs }) => label === 'unseen' && decidedAtMs > upAtMs)
  console.info(
    `${kind}, ${how}: ${away.length} requests while it was away; served what it had not known ` +
      `${Math.min(...back.map(({ receivedAtMs }) => receivedAtMs)) - upAtMs} ms after it was up again; ` +
      `sockets ${before.sockets} and ${after.sockets}, heap grown by ${Math.round(grownBytes / 1024)} KiB`,
  )
}

/** So many at a time as a pool has connections. */
async function issueKeys(instance: Instance): Promise<string[]> {
  const keys: string[] = []
  const issue = async () => {
    while (keys.length < UNSEEN)
      keys.push((await instance.call('issueApiKey', { accountId: 'robots-inc' })).key)
  }
  await Promise.all(Array.from({ length: 8 }, issue))
  return keys
}

function hasAnswered(loads: readonly Load<Label>[], label: Label, status: number, sinceMs: number): boolean {
  const fits = (one: Seen<Label>) => one.label === label && one.status === status && one.sentAtMs >= sinceMs
  return loads.some(({ seen }) => seen.some(fits))
}

function isServing(loads: readonly Load<Label>[], sinceMs: number): boolean {
  return LABELS.every((label) => hasAnswered(loads, label, label === 'nobody' ? 401 : 200, sinceMs))
}

async function isReady(instance: Instance): Promise<boolean> {
  try {
    await instance.call('ready')
    return true
  } catch {
    return false
  }
}

async function isAsBefore(instance: Instance, before: Health): Promise<Health | false> {
  const health = await instance.call('health')
  return health.sockets <= before.sockets + 2 && health.waiting === 0 && health
}

/** A gate whose store is away when it starts says so, and refuses what it cannot know. */
async function expectNotReady(newcomer: Instance): Promise<void> {
  await expect(newcomer.call('ready')).rejects.toMatchObject({
    code: 'ERR_GATE_NOT_READY',
    message: expect.stringContaining('store: '),
  })
  const client = connectTo(newcomer.origin, 1)
  const { status, headers, json } = await client.ask({ path: WHOAMI, headers: bearer(inventedKey()) })
  client.close()
  const contentType = headers['content-type']
  expectOutage({ status, code: String(json().code), contentType, retryAfter: headers['retry-after'] })
}

/** Nobody is called wrong who is not, and nobody let in who is. */
function expectOnlyOutages(seen: readonly Seen<Label>[]): void {
  const answers = LABELS.flatMap((label) => [`${label} ${label === 'nobody' ? 401 : 200}`, `${label} 503`])
  expect(new Set(seen.map(({ label, status }) => `${label} ${status}`))).toEqual(new Set(answers))
  for (const one of seen) if (one.status === 503) expectOutage(one)
}

/** While the store is away nothing is known but what is in the cache, and that for no longer than the bound. */
function expectToBeUnknown({ label, status, decidedAtMs }: Seen<Label>, downAtMs: number): void {
  const isCached = label === 'cached' || label === 'session'
  if (isCached && status === 200) expect(decidedAtMs - downAtMs).toBeLessThan(REVOCATION_BOUND_MS)
  else expect({ label, status }).toEqual({ label, status: 503 })
}
