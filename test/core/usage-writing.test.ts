import { describe, expect, it, vi } from 'vitest'
import { never } from '../support/failures.js'
import { eventually, NEVER_MS, type UsageBatch, usageKit } from './usage-kit.js'

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('counts', () => {
  it('are written together, a while after the first of them, and not by any request', async () => {
    const { gate, issue, use, batches, sums } = usageKit()
    const [one, two] = [await issue(), await issue()]
    for (let sent = 0; sent < 500; sent++) {
      await use(one.key, `/v1/${sent % 5}`)
      await use(two.key)
    }
    expect(batches).toEqual([])
    await gate.close()
    expect(batches).toHaveLength(1)
    expect(batches[0]?.counts).toHaveLength(6)
    expect(await sums(two.credentialId)).toEqual({ 'allowed GET /x': 500 })
    await gate.close()
    expect(batches).toHaveLength(1)
  })

  it('are written by themselves, again and again, while requests come', async () => {
    const { gate, issue, use, batches, sums } = usageKit({ usage: { flushIntervalMs: 2 } })
    const { key, credentialId } = await issue()
    for (let round = 1; round <= 3; round++) {
      await Promise.all([use(key), use(key)])
      await eventually(async () => expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 2 * round }))
    }
    expect(batches).toHaveLength(3)
    expect(new Set(batches.map(({ id }) => id)).size).toBe(3)
    await gate.close()
    expect(batches).toHaveLength(3)
  })

  it('keep no process alive: their timer does not, and is one however many requests there are', async () => {
    const before = timers()
    const made = vi.spyOn(globalThis, 'setTimeout')
    const { issue, use, gate } = usageKit()
    const { key } = await issue()
    for (let sent = 0; sent < 100; sent++) await use(key)
    const delays = made.mock.calls.map(([, delayMs]) => delayMs)
    made.mockRestore()
    expect(delays.filter((delayMs) => delayMs === NEVER_MS)).toHaveLength(1)
    expect(timers()).toBe(before)
    await gate.close()
  })

  it('tell when a credential was used last, by the clock of the gate', async () => {
    const { gate, issue, use, batches, clock } = usageKit()
    const { key } = await issue()
    await use(key)
    clock.advance(7_000)
    await use(key)
    await gate.close()
    expect(batches[0]?.counts).toMatchObject([{ count: 2, lastUsedAtMs: clock.wallMs() }])
  })
})

describe('a store that cannot add counts', () => {
  /** Fails so many times in one way, then adds. */
  const failing = (times: number, fail: (add: () => void | Promise<void>) => void | Promise<void>) => {
    let left = times
    return (_batch: UsageBatch, add: () => void | Promise<void>) => (left-- > 0 ? fail(add) : add())
  }
  const down = () => {
    throw new Error('down')
  }

  it.each([
    ['throws', () => down()],
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'adds, and throws all the same',
      (add: () => unknown) => {
        void add()
        down()
      },
    ],
    [
      'adds, and rejects all the same',
      async (add: () => unknown) => {
        await add()
        down()
      },
    ],
    ['never answers', never],
    [
      'adds, and never answers',
      async (add: () => unknown) => {
        await add()
        return never()
      },
    ],
  ])('loses nothing and counts nothing twice where it %s', async (_what, fail) => {
    const kit = usageKit({ usage: { flushIntervalMs: 2 }, portTimeoutMs: 10 })
    const { gate, issue, use, sums, batches } = kit
    const { key, credentialId } = await issue()
    kit.fault = failing(3, fail)
    for (let sent = 0; sent < 10; sent++) await use(key)
    await eventually(() => expect(batches.length).toBeGreaterThanOrEqual(2))
    for (let sent = 0; sent < 10; sent++) await use(key, '/y')
    await eventually(async () =>
      expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 10, 'allowed GET /y': 10 }),
    )
    await gate.close()
    expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 10, 'allowed GET /y': 10 })
    // The same batch, as it was, until it is known to be there.
    const tries = batches.filter(({ id }) => id === batches[0]?.id)
    expect(tries).toHaveLength(4)
    for (const tried of tries) expect(tried).toEqual(tries[0])
  })

  it('delays nobody: requests are decided while it hangs', async () => {
    const kit = usageKit({ usage: { flushIntervalMs: 1 }, portTimeoutMs: 1_000 })
    const { key, credentialId } = await kit.issue()
    kit.fault = failing(1, never)
    await kit.use(key)
    await eventually(() => expect(kit.batches).toHaveLength(1))
    for (let sent = 0; sent < 100; sent++) expect(await kit.use(key)).toBe('allowed')
    expect(kit.batches).toHaveLength(1)
    await eventually(async () => expect(await kit.sums(credentialId)).toEqual({ 'allowed GET /x': 101 }))
    await kit.gate.close()
  })

  it('does not hold the closing of a gate up for longer than a port has, nor fail it', async () => {
    const kit = usageKit({ portTimeoutMs: 20 })
    const { key } = await kit.issue()
    kit.fault = () => never()
    await kit.use(key)
    const startedMs = performance.now()
    await expect(kit.gate.close()).resolves.toBeUndefined()
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(kit.batches).toHaveLength(1)
  })

  it('rejects nothing behind the gate', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const kit = usageKit({ usage: { flushIntervalMs: 1 } })
    const { key } = await kit.issue()
    kit.fault = () => Promise.reject(new Error('down'))
    await kit.use(key)
    await eventually(() => expect(kit.batches.length).toBeGreaterThanOrEqual(3))
    kit.fault = undefined
    await kit.gate.close()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  it('adds what was counted while it was adding something else', async () => {
    const kit = usageKit({ usage: { flushIntervalMs: 1 } })
    const { key, credentialId } = await kit.issue()
    const waiting: (() => void)[] = []
    kit.fault = async (_batch, add) => {
      await new Promise<void>((open) => waiting.push(open))
      await add()
    }
    await kit.use(key)
    await eventually(() => expect(waiting).toHaveLength(1))
    await kit.use(key)
    const closed = kit.gate.close()
    waiting[0]?.()
    await eventually(() => expect(waiting).toHaveLength(2))
    waiting[1]?.()
    await closed
    expect(await kit.sums(credentialId)).toEqual({ 'allowed GET /x': 2 })
  })
})

describe('counting', () => {
  it('knows a hundred routes of a credential by name, and all others together', async () => {
    const { gate, issue, use, sums } = usageKit()
    const [busy, other] = [await issue(), await issue()]
    for (let round = 0; round < 2; round++) {
      for (let route = 0; route < 250; route++) await use(busy.key, `/v1/${route}`)
    }
    await use(busy.key, '/v1/0')
    await use(other.key, '/v1/249')
    await gate.close()
    const counted = await sums(busy.credentialId)
    expect(Object.keys(counted)).toHaveLength(101)
    expect(counted['allowed (other)']).toBe(300)
    expect(counted['allowed GET /v1/0']).toBe(3)
    expect(Object.values(counted).reduce((sum, count) => sum + count)).toBe(501)
    expect(await sums(other.credentialId)).toEqual({ 'allowed GET /v1/249': 1 })
  })

  it('writes before there is too much to write, and no batch is larger than ten thousand', async () => {
    const { gate, issue, use, sums, batches } = usageKit()
    const keys = await Promise.all(Array.from({ length: 150 }, issue))
    for (const { key } of keys) for (let route = 0; route < 100; route++) await use(key, `/v1/${route}`)
    expect(batches).toHaveLength(1)
    await gate.close()
    expect(batches.map(({ counts }) => counts.length)).toEqual([10_000, 5_000])
    for (const { credentialId } of [keys[0], keys[99], keys[149]].flatMap((key) => key ?? [])) {
      expect(Object.keys(await sums(credentialId))).toHaveLength(100)
    }
  })

  it('keeps a bounded number of counts where the store is down', async () => {
    const kit = usageKit()
    const keys = await Promise.all(Array.from({ length: 600 }, kit.issue))
    kit.fault = () => Promise.reject(new Error('down'))
    for (const { key } of keys) for (let route = 0; route < 100; route++) await kit.use(key, `/v1/${route}`)
    kit.fault = undefined
    await kit.gate.close()
    expect(kit.batches.every(({ counts }) => counts.length <= 10_000)).toBe(true)
    let sum = 0
    for (const { credentialId } of keys) {
      for (const count of Object.values(await kit.sums(credentialId))) sum += count
    }
    expect(sum).toBeLessThanOrEqual(50_000)
    expect(sum).toBeGreaterThanOrEqual(40_000)
  })
})
