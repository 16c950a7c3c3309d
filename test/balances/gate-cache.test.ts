import { cached } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { settled } from '../harness/balances/readings.js'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const TOKEN = 10n ** 9n
const ENOUGH = 50_000n * TOKEN

async function kit(amount = ENOUGH) {
  const clock = manualClock()
  const table = tableBalances()
  table.set(ALICE, MINT, amount)
  const { gate, request, events } = await gateKit({ balances: table, clock })
  const members = gate.with({ balance: ACTO })
  return {
    clock,
    table,
    members,
    request,
    status: async () => (await ask(members, request())).status,
    told: () => events.at(-1)?.balance,
  }
}

describe('a gate that knows the balance', () => {
  it('decides at once, without a promise', async () => {
    const { members, request } = await kit()
    expect(members(request())).toBeInstanceOf(Promise)
    await members(request())
    expect(members(request())).toMatchObject({ type: 'allow' })
  })

  it('refuses at once as well', async () => {
    const { members, request } = await kit(1n)
    await members(request())
    expect(members(request())).toMatchObject({ type: 'refuse', code: 'balance_insufficient' })
  })

  it('tells how the balance was come by: read, cached, stale', async () => {
    const { clock, table, status, told } = await kit()
    await status()
    expect(told()).toBe('read')
    await status()
    expect(told()).toBe('cached')
    clock.advance(60_000)
    await status()
    expect(told()).toBe('stale')
    await settled()
    await status()
    expect(told()).toBe('cached')
    table.fault = () => Promise.reject(new Error('down'))
    clock.advance(359_999)
    await status()
    expect(told()).toBe('stale')
  })

  it('lets a spender in no longer than the time a balance may be used', async () => {
    const { clock, table, status } = await kit()
    expect(await status()).toBe(200)
    table.set(ALICE, MINT, ENOUGH - 1n)
    clock.advance(59_999)
    expect(await status()).toBe(200)
    clock.advance(30_001)
    expect(await status()).toBe(403)
  })

  it('lets a buyer in after five seconds', async () => {
    const { clock, table, status } = await kit(ENOUGH - 1n)
    expect(await status()).toBe(403)
    table.set(ALICE, MINT, ENOUGH)
    clock.advance(4_999)
    expect(await status()).toBe(403)
    expect(table.reads).toBe(1)
    clock.advance(1)
    expect(await status()).toBe(200)
  })

  it('never refuses from memory while the chain cannot be read', async () => {
    const { clock, table, status } = await kit(ENOUGH - 1n)
    expect(await status()).toBe(403)
    table.fault = () => Promise.reject(new Error('down'))
    clock.advance(5_000)
    expect(await status()).toBe(503)
  })

  it.each([-3_600_000, 3_600_000])('is not moved by a wall clock that is stepped by %s ms', async (step) => {
    const { clock, table, status } = await kit()
    expect(await status()).toBe(200)
    table.fault = () => Promise.reject(new Error('down'))
    clock.advance(360_000)
    clock.stepWall(step)
    expect(await status()).toBe(503)
  })
})

describe('the cache of a gate', () => {
  it('takes its times from balanceCache', async () => {
    const clock = manualClock()
    const table = tableBalances()
    table.set(ALICE, MINT, ENOUGH)
    const { gate, request } = await gateKit({
      balances: table,
      clock,
      balanceCache: { ttlMs: 10, staleWhileRevalidateMs: 0, staleIfErrorMs: 5 },
    })
    const members = gate.with({ balance: ACTO })
    await ask(members, request())
    clock.advance(4)
    await ask(members, request())
    expect(table.reads).toBe(1)
    clock.advance(6)
    await ask(members, request())
    expect(table.reads).toBe(2)
    table.fault = () => Promise.reject(new Error('down'))
    clock.advance(14)
    expect((await ask(members, request())).status).toBe(200)
    clock.advance(1)
    expect((await ask(members, request())).status).toBe(503)
  })

  it('is not there where balanceCache is false', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, ENOUGH)
    const { gate, request } = await gateKit({ balances: table, balanceCache: false })
    const members = gate.with({ balance: ACTO })
    for (let at = 0; at < 3; at++) await ask(members, request())
    expect(table.reads).toBe(3)
  })

  it('is the one of the host where the source is cached already', async () => {
    const clock = manualClock()
    const table = tableBalances()
    table.set(ALICE, MINT, ENOUGH)
    const balances = cached(table, { clock, ttlMs: 10, staleWhileRevalidateMs: 0 })
    const { gate, request } = await gateKit({ balances, clock })
    const members = gate.with({ balance: ACTO })
    await ask(members, request())
    clock.advance(4)
    await ask(members, request())
    expect(table.reads).toBe(1)
    clock.advance(6)
    await ask(members, request())
    expect(table.reads).toBe(2)
  })
})
