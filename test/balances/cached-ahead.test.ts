import type { Balance, BalanceQuery, BalanceSource } from 'sallyport'
import { cached } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { balance, decimal, query, settled, untilEnded } from '../harness/balances/readings.js'
import { turnSource } from '../harness/balances/turn-source.js'
import { ALICE, BOB, MINT } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'

const TTL = 60_000
const REVALIDATE = 30_000
const SECOND = 1_000

function kit(options: Parameters<typeof cached>[1] = {}) {
  const clock = manualClock()
  const upstream = turnSource()
  const source = cached(upstream, { clock, ...options })
  const minimum = decimal('50')
  return {
    clock,
    upstream,
    source,
    read: (owner: string, rest: Partial<BalanceQuery> = {}) =>
      source.read(query({ owner, minimum, ...rest }), untilEnded()),
  }
}

const names = (count: number, of = 'wallet') => Array.from({ length: count }, (_, at) => `${of} ${at}`)

describe('balances that are in use', () => {
  it('keep nobody waiting after the first reading: 1,000 wallets, each every five seconds, for ten times ttlMs', async () => {
    const { clock, upstream, read } = kit()
    const wallets = names(1_000)
    await Promise.all(wallets.map((owner) => read(owner)))
    expect(upstream.turns).toHaveLength(1)
    let [waited, stale] = [0, 0]
    for (let second = 1; second <= 600; second++) {
      clock.advance(SECOND)
      for (let at = second % 5; at < wallets.length; at += 5) {
        const answer = read(wallets[at] ?? '')
        if (answer instanceof Promise) waited++
        else if (answer.freshness === 'stale') stale++
      }
      await settled()
    }
    expect([waited, stale]).toEqual([0, 0])
    // Each is read anew once in 30 to 45 seconds, never a few at a time.
    expect(upstream.reads).toBeLessThanOrEqual(1_000 * 21)
    expect(upstream.reads).toBeGreaterThanOrEqual(1_000 * 13)
    expect(upstream.turns.every(({ length }) => length >= 100)).toBe(true)
  })

  it('are not read before half of ttlMs, and then a hundred at a time in one turn', async () => {
    const { clock, upstream, read } = kit()
    const wallets = names(100)
    await Promise.all(wallets.map((owner) => read(owner)))
    await settled()
    clock.advance(TTL / 2 - 1)
    for (const owner of wallets) read(owner)
    expect(upstream.reads).toBe(100)
    clock.advance(1)
    for (const owner of wallets.slice(0, 99)) for (let at = 0; at < 3; at++) read(owner)
    expect(upstream.reads).toBe(100)
    read('wallet 99')
    expect(upstream.turns.map(({ length }) => length)).toEqual([100, 100])
    await settled()
    for (const owner of wallets) read(owner)
    expect(upstream.reads).toBe(200)
  })

  it('are all read, however few they are, when one is used at three quarters of ttlMs', async () => {
    const { clock, upstream, read } = kit()
    await Promise.all([read(ALICE), read(BOB), read('idle')])
    await settled()
    clock.advance(TTL / 2)
    read(BOB)
    clock.advance(TTL / 4 - 1)
    read(ALICE)
    expect(upstream.reads).toBe(3)
    clock.advance(1)
    read(ALICE)
    expect(upstream.turns.at(-1)?.map(({ owner }) => owner)).toEqual([BOB, ALICE])
    expect(upstream.turns).toHaveLength(2)
  })

  it('are fresh up to ttlMs while they are read anew, then stale, and read once however many use them', async () => {
    const clock = manualClock()
    const upstream = heldSource()
    const source = cached(upstream, { clock })
    const read = () => source.read(query(), untilEnded())
    const first = read()
    callAt(upstream, 0).answer(5n)
    await first
    clock.advance(TTL - 1)
    for (let at = 0; at < 1_000; at++) expect(read()).toMatchObject({ freshness: 'cached' })
    clock.advance(1)
    for (let at = 0; at < 1_000; at++) expect(read()).toMatchObject({ freshness: 'stale' })
    expect(upstream.calls).toHaveLength(2)
    callAt(upstream, 1).answer(6n)
    await settled()
    expect(read()).toMatchObject({ amount: 6n, freshness: 'cached' })
    expect(upstream.calls).toHaveLength(2)
  })

  it('are not read anew where they do not suffice: those are asked for by whoever waits', async () => {
    const { clock, upstream, read } = kit({ insufficientTtlMs: TTL })
    const minimum = decimal('101')
    await read(ALICE, { minimum })
    clock.advance(TTL - 1)
    expect(read(ALICE, { minimum })).toMatchObject({ freshness: 'cached' })
    expect(upstream.reads).toBe(1)
  })

  it('are not read anew where they were pushed out meanwhile', async () => {
    const { clock, upstream, read } = kit({ maxEntries: 2 })
    await Promise.all([read(ALICE), read(BOB)])
    clock.advance(TTL / 2)
    read(ALICE)
    read(BOB)
    await read('third')
    await read('fourth')
    clock.advance((TTL * 3) / 4)
    read('third')
    read('fourth')
    const owners = upstream.turns.flat().map(({ owner }) => owner)
    expect(owners).toEqual([ALICE, BOB, 'third', 'fourth', 'third', 'fourth'])
  })

  it('refuse as soon as a reading ahead has found that they no longer suffice', async () => {
    const { clock, upstream, read } = kit()
    await read(ALICE)
    upstream.fault = () => balance(3n, { decimals: 0, slot: 9 })
    clock.advance((TTL * 3) / 4)
    expect(read(ALICE)).toMatchObject({ amount: 100n, freshness: 'cached' })
    await settled()
    expect(read(ALICE)).toMatchObject({ amount: 3n, freshness: 'cached' })
  })

  it('are read by every use where ttlMs is 0', async () => {
    const { upstream, read } = kit({ ttlMs: 0 })
    await read(ALICE)
    for (let at = 2; at < 6; at++) {
      expect(read(ALICE)).toMatchObject({ freshness: 'stale' })
      expect(upstream.reads).toBe(at)
      await settled()
    }
    // However often that fails.
    upstream.fault = () => Promise.reject(new Error('down'))
    for (let at = 6; at < 10; at++) {
      expect(read(ALICE)).toMatchObject({ freshness: 'stale' })
      expect(upstream.reads).toBe(at)
      await settled()
    }
    const waiting = kit({ ttlMs: 0, staleWhileRevalidateMs: 0 })
    for (let at = 1; at < 5; at++) {
      await waiting.read(ALICE)
      expect(waiting.upstream.reads).toBe(at)
    }
  })
})

describe('a reading ahead', () => {
  const asked = ({ turns }: ReturnType<typeof turnSource>) => turns.flat().at(-1)

  it('asks for the highest minimum that the balance was found to reach, in whichever order they came', async () => {
    const [low, high] = [decimal('10'), decimal('100')]
    for (const minimums of [
      [low, high],
      [high, low],
      [high, low, decimal('20'), low],
    ]) {
      const { clock, upstream, read } = kit()
      await read(ALICE)
      for (const minimum of minimums) read(ALICE, { minimum })
      clock.advance((TTL * 3) / 4)
      read(ALICE, { minimum: low })
      expect(asked(upstream)).toMatchObject({ minimum: high, owner: ALICE, mint: MINT })
      expect(asked(upstream)?.exact).not.toBe(true)
      // Whoever no longer comes is forgotten with the balance.
      await settled()
      clock.advance((TTL * 3) / 4)
      read(ALICE, { minimum: low })
      expect(asked(upstream)).toMatchObject({ minimum: low })
    }
  })

  it('never asks for what the balance does not reach', async () => {
    const { clock, upstream, read } = kit({ insufficientTtlMs: TTL })
    await read(ALICE)
    expect(read(ALICE, { minimum: decimal('101') })).toMatchObject({ amount: 100n })
    clock.advance((TTL * 3) / 4)
    read(ALICE)
    expect(asked(upstream)).toMatchObject({ minimum: decimal('50') })
  })

  it('is exact where somebody had to know the balance exactly since it was read, and only then', async () => {
    const { clock, upstream, read } = kit()
    await read(ALICE, { exact: true })
    read(ALICE, { exact: true })
    clock.advance((TTL * 3) / 4)
    read(ALICE)
    expect(asked(upstream)).toMatchObject({ exact: true })
    await settled()
    clock.advance((TTL * 3) / 4)
    read(ALICE)
    expect(asked(upstream)?.exact).not.toBe(true)
  })
})

describe('a chain that is dead', () => {
  const down = () => Promise.reject(new Error('down'))

  it('is asked once a second behind, for all that is due, however many requests come', async () => {
    const { clock, upstream, read } = kit()
    const wallets = names(50)
    await Promise.all(wallets.map((owner) => read(owner)))
    await settled()
    upstream.fault = down
    clock.advance((TTL * 3) / 4)
    // The first use finds one wallet due, whose reading fails; what comes in the next second waits.
    for (let tenth = 0; tenth < 100; tenth++) {
      for (const owner of wallets) expect(read(owner)).toMatchObject({ amount: 100n, freshness: 'cached' })
      await settled()
      clock.advance(SECOND / 10)
    }
    const behind = upstream.turns.slice(1)
    expect(behind.length).toBeLessThanOrEqual(11)
    expect(behind.length).toBeGreaterThanOrEqual(9)
    expect(behind.at(-1)).toHaveLength(50)
    expect(upstream.reads - 50).toBeLessThanOrEqual(11 * 50)
  })

  it('leaves what is known as it is, up to the end of its time', async () => {
    const { clock, upstream, read } = kit()
    await read(ALICE)
    upstream.fault = down
    clock.advance((TTL * 3) / 4)
    expect(read(ALICE)).toMatchObject({ freshness: 'cached' })
    await settled()
    clock.advance(TTL / 4)
    expect(read(ALICE)).toMatchObject({ freshness: 'stale' })
    await settled()
    clock.advance(REVALIDATE - 1)
    expect(read(ALICE)).toMatchObject({ freshness: 'stale' })
    await settled()
    clock.advance(1)
    expect(read(ALICE)).toBeInstanceOf(Promise)
  })

  it('is forgotten as soon as it answers again', async () => {
    const { clock, upstream, read } = kit()
    await read(ALICE)
    upstream.fault = down
    clock.advance((TTL * 3) / 4)
    read(ALICE)
    await settled()
    upstream.fault = undefined
    read(ALICE)
    clock.advance(SECOND)
    read(ALICE)
    await settled()
    expect(upstream.reads).toBe(3)
    clock.advance(TTL - 1)
    expect(read(ALICE)).toMatchObject({ freshness: 'cached' })
  })

  it('is not asked for more at a time than it is asked for at most, whatever is due', async () => {
    const clock = manualClock()
    let reads = 0
    const source: BalanceSource = {
      read: () => {
        reads++
        return reads <= 5_000 ? balance(100n, { decimals: 0 }) : new Promise<Balance>(() => undefined)
      },
      readMint: async () => ({ decimals: 0 }),
    }
    const decorated = cached(source, { clock, timeoutMs: 60_000 })
    const minimum = decimal('50')
    const wallets = names(5_000)
    await Promise.all(wallets.map((owner) => decorated.read(query({ owner, minimum }), untilEnded())))
    clock.advance((TTL * 3) / 4)
    for (const owner of wallets) decorated.read(query({ owner, minimum }), untilEnded())
    expect(reads - 5_000).toBe(3_200)
  })
})
