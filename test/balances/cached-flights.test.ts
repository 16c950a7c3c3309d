import { cached } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { ACTO, gateKit } from '../harness/balances/gate-kit.js'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { balance, decimal, outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const CROWD = 10_000

describe('a crowd that asks for one cold wallet', () => {
  it('costs exactly one reading upstream', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 7n)
    const source = cached(table, { clock: manualClock() })
    const answers = await Promise.all(Array.from({ length: CROWD }, () => source.read(query(), untilEnded())))
    expect(table.reads).toBe(1)
    expect(answers.filter(({ amount }) => amount === 7n)).toHaveLength(CROWD)
  })

  it('costs exactly one reading through a gate, and all are let in', async () => {
    const upstream = heldSource()
    const { gate, request, events } = await gateKit({ balances: upstream })
    const members = gate.with({ balance: ACTO })
    const asked = Array.from({ length: CROWD }, () => members(request()))
    await settled()
    expect(upstream.calls).toHaveLength(1)
    callAt(upstream, 0).answer(50_000n * 10n ** 9n)
    const decisions = await Promise.all(asked)
    expect(decisions.filter(({ type }) => type === 'allow')).toHaveLength(CROWD)
    expect(events).toHaveLength(CROWD)
    expect(upstream.calls).toHaveLength(1)
  })

  it('shares one reading whatever minimum each of them needs', async () => {
    const upstream = heldSource()
    const source = cached(upstream)
    const asked = ['1', '2', '30'].map((minimum) =>
      source.read(query({ minimum: decimal(minimum) }), untilEnded()),
    )
    expect(upstream.calls).toHaveLength(1)
    expect(callAt(upstream, 0).query).toEqual(query({ minimum: decimal('1') }))
    callAt(upstream, 0).answer(2_000_000_000n)
    expect(await Promise.all(asked.map(outcomeOf))).toEqual([2_000_000_000n, 2_000_000_000n, 2_000_000_000n])
  })

  it('is not mixed up with those who ask for another wallet or another mint', async () => {
    const upstream = heldSource()
    const source = cached(upstream)
    const asked = [query(), query({ owner: BOB }), query({ mint: OTHER_MINT })].map((one) =>
      source.read(one, untilEnded()),
    )
    expect(upstream.calls).toHaveLength(3)
    for (const [at, amount] of [10n, 20n, 30n].entries()) callAt(upstream, at).answer(amount)
    expect(await Promise.all(asked.map(outcomeOf))).toEqual([10n, 20n, 30n])
    const again = [query(), query({ owner: BOB }), query({ mint: OTHER_MINT })].map((one) =>
      source.read(one, untilEnded()),
    )
    expect(await Promise.all(again.map(outcomeOf))).toEqual([10n, 20n, 30n])
    expect(upstream.calls).toHaveLength(3)
  })

  it('keeps apart a mint and a wallet that swap places', async () => {
    const table = tableBalances()
    table.set(ALICE, BOB, 1n)
    table.set(BOB, ALICE, 2n)
    const source = cached(table)
    expect(await outcomeOf(source.read({ mint: BOB, owner: ALICE }, untilEnded()))).toBe(1n)
    expect(await outcomeOf(source.read({ mint: ALICE, owner: BOB }, untilEnded()))).toBe(2n)
  })
})

describe('a reading that fails', () => {
  it('fails for all who wait for it, and the next caller begins a new one', async () => {
    const upstream = heldSource()
    const source = cached(upstream)
    const asked = Array.from({ length: 50 }, () => outcomeOf(source.read(query(), untilEnded())))
    callAt(upstream, 0).fail()
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['rejected']))
    const next = source.read(query(), untilEnded())
    expect(upstream.calls).toHaveLength(2)
    callAt(upstream, 1).answer(5n)
    expect(await next).toMatchObject({ amount: 5n })
  })

  it('fails in the same way where the source throws instead of rejecting', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 5n)
    let broken = true
    const source = cached({
      ...table,
      read: (one, options) => {
        if (broken) throw new Error('thrown at once')
        return table.read(one, options)
      },
    })
    expect(await outcomeOf(Promise.resolve().then(() => source.read(query(), untilEnded())))).toBe('rejected')
    broken = false
    expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(5n)
  })

  it('ends at the deadline where the source never settles, and poisons nothing', async () => {
    const upstream = heldSource()
    const source = cached(upstream, { timeoutMs: 20 })
    const asked = Array.from({ length: 50 }, () => outcomeOf(source.read(query(), untilEnded())))
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['rejected']))
    expect(upstream.calls).toHaveLength(1)
    expect(callAt(upstream, 0).signal.aborted).toBe(true)

    const next = source.read(query(), untilEnded())
    expect(upstream.calls).toHaveLength(2)
    callAt(upstream, 1).answer(5n)
    expect(await next).toMatchObject({ amount: 5n })
  })

  it('is not kept when its answer comes after the deadline', async () => {
    const upstream = heldSource()
    const source = cached(upstream, { timeoutMs: 20 })
    expect(await outcomeOf(source.read(query(), untilEnded()))).toBe('rejected')
    callAt(upstream, 0).answer(balance(99n, { slot: 99 }))
    await settled()
    const next = source.read(query(), untilEnded())
    callAt(upstream, 1).answer(balance(5n, { slot: 5 }))
    expect(await next).toMatchObject({ amount: 5n, slot: 5 })
  })

  it('is of no concern to a reading of another wallet', async () => {
    const upstream = heldSource()
    const source = cached(upstream)
    const alice = outcomeOf(source.read(query(), untilEnded()))
    const bob = outcomeOf(source.read(query({ owner: BOB }), untilEnded()))
    callAt(upstream, 0).fail()
    callAt(upstream, 1).answer(5n)
    expect([await alice, await bob]).toEqual(['rejected', 5n])
  })
})
