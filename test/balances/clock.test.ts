import { cached, failover } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { breaker } from '../../src/balances/breaker.js'
import { soundClock, systemClock } from '../../src/system-clock.js'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { guardedSource } from '../harness/balances/guarded-source.js'
import { decimal, outcomeOf, query, untilEnded } from '../harness/balances/readings.js'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const NO_TIMES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined, null, '1000']

/** A clock that can be made to answer no time. */
function brokenClock() {
  const clock = manualClock()
  let answer: { readonly ms: unknown } | undefined
  const reading = (ms: number) => (answer === undefined ? ms : (answer.ms as number))
  return {
    wallMs: () => reading(clock.wallMs()),
    monotonicMs: () => reading(clock.monotonicMs()),
    advance: clock.advance,
    breakTo(ms: unknown) {
      answer = { ms }
    },
  }
}

describe('a clock that answers no time', () => {
  it.each(NO_TIMES)('throws instead: %s', (ms) => {
    const clock = brokenClock()
    const sound = soundClock(clock)
    expect([sound.wallMs(), sound.monotonicMs()]).toEqual([clock.wallMs(), clock.monotonicMs()])
    clock.breakTo(ms)
    expect(() => sound.wallMs()).toThrow('the clock answered no time')
    expect(() => sound.monotonicMs()).toThrow('the clock answered no time')
  })

  it('is not what the machine has, which is asked directly', () => {
    expect(soundClock(systemClock)).toBe(systemClock)
  })

  it.each(NO_TIMES)('keeps no balance alive in a cache: %s', async (ms) => {
    const clock = brokenClock()
    const table = tableBalances()
    table.set(ALICE, MINT, 100n * 10n ** 9n)
    const source = cached(table, { clock })
    const read = async () => source.read(query({ minimum: decimal('50') }), untilEnded())
    await read()
    expect(await read()).toMatchObject({ freshness: 'cached' })
    clock.breakTo(ms)
    await expect(read()).rejects.toThrow('no time')
  })

  it('serves nothing stale where it stops while the chain is asked', async () => {
    const clock = brokenClock()
    const table = tableBalances()
    table.set(ALICE, MINT, 100n)
    const source = cached(table, { clock, ttlMs: 10, staleWhileRevalidateMs: 0 })
    await source.read(query(), untilEnded())
    clock.advance(11)
    table.fault = () => {
      clock.breakTo(Number.NaN)
      return Promise.reject(new Error('down'))
    }
    await expect(source.read(query(), untilEnded())).rejects.toThrow('no time')
  })

  it('lets nobody pass a gate whose balances are cached by it', async () => {
    const clock = brokenClock()
    const table = tableBalances()
    table.set(ALICE, MINT, 50_000n * 10n ** 9n)
    const { gate, request } = await gateKit({ balances: cached(table, { clock }) })
    const members = gate.with({ balance: ACTO })
    expect((await ask(members, request())).status).toBe(200)
    clock.breakTo(Number.NaN)
    expect((await ask(members, request())).status).toBe(503)
  })

  it('makes a failover and a breaker reject', async () => {
    for (const decorate of [
      (clock: ReturnType<typeof brokenClock>) => failover([tableBalances()], { clock }),
      (clock: ReturnType<typeof brokenClock>) => guardedSource(tableBalances(), breaker({ clock })),
    ]) {
      const clock = brokenClock()
      const source = decorate(clock)
      expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(0n)
      clock.breakTo(Number.NaN)
      await expect(source.read(query(), untilEnded())).rejects.toThrow('no time')
    }
  })
})
