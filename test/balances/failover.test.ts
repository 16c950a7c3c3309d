import { type Balance, type BalanceSource, GateError } from 'sallyport'
import { failover } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { balance, outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'
import { manualClock } from '../support/clock.js'

/** A source that answers its own number, and can be ill. */
function numbered(amount: bigint): BalanceSource & { ill: boolean; reads: number } {
  return {
    ill: false,
    reads: 0,
    async read() {
      this.reads++
      if (this.ill) throw new Error(`source ${amount} is ill`)
      return balance(amount)
    },
    async readMint() {
      this.reads++
      if (this.ill) throw new Error(`source ${amount} is ill`)
      return { decimals: Number(amount) }
    },
  }
}

function kit(count: number) {
  const clock = manualClock()
  const sources = Array.from({ length: count }, (_, at) => numbered(BigInt(at + 1)))
  const source = failover(sources, { clock, illForMs: 10_000 })
  const [first = numbered(0n), second = numbered(0n)] = sources
  return {
    clock,
    source,
    first,
    second,
    sources,
    read: () => outcomeOf(source.read(query(), untilEnded())),
    reads: () => sources.map(({ reads }) => reads),
  }
}

describe('several sources', () => {
  it('are asked in their order: the first answers for all while it is well', async () => {
    const { read, reads } = kit(3)
    for (let at = 0; at < 5; at++) expect(await read()).toBe(1n)
    expect(reads()).toEqual([5, 0, 0])
  })

  it('stand in for one another within one reading', async () => {
    const { first, second, read, reads } = kit(3)
    first.ill = true
    second.ill = true
    expect(await read()).toBe(3n)
    expect(reads()).toEqual([1, 1, 1])
  })

  it('answer for a mint in the same way', async () => {
    const { source, first } = kit(2)
    first.ill = true
    expect(await source.readMint('any', untilEnded())).toEqual({ decimals: 2 })
  })

  it('leave one that failed alone for illForMs, by the monotonic clock', async () => {
    const { clock, first, read, reads } = kit(2)
    first.ill = true
    await read()
    first.ill = false
    clock.stepWall(3_600_000)
    clock.advance(9_999)
    expect(await read()).toBe(2n)
    expect(reads()).toEqual([1, 2])
    clock.stepWall(-7_200_000)
    clock.advance(1)
    expect(await read()).toBe(1n)
    expect(reads()).toEqual([2, 2])
  })

  it('ask an ill one all the same where the others fail', async () => {
    const { first, second, read } = kit(2)
    first.ill = true
    await read()
    first.ill = false
    second.ill = true
    expect(await read()).toBe(1n)
    second.ill = false
    expect(await read()).toBe(1n)
  })

  it('ask the one first that answered last, where all were ill', async () => {
    const { first, second, read, reads } = kit(2)
    first.ill = true
    second.ill = true
    await read()
    second.ill = false
    expect(await read()).toBe(2n)
    expect(reads()).toEqual([2, 2])
    expect(await read()).toBe(2n)
    expect(reads()).toEqual([2, 3])
  })

  it('reject where all are down, with the failure of the first that was asked as the cause', async () => {
    const { source, sources, read, reads } = kit(3)
    for (const one of sources) one.ill = true
    const failure = await Promise.resolve(source.read(query(), untilEnded())).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AggregateError)
    const { errors, cause, message } = failure as AggregateError
    expect(message).toBe('none of 3 balance sources could answer')
    expect(errors.map(({ message: said }) => said)).toEqual([
      'source 1 is ill',
      'source 2 is ill',
      'source 3 is ill',
    ])
    expect(cause).toBe(errors[0])
    expect(reads()).toEqual([1, 1, 1])
    for (const one of sources) one.ill = false
    expect(await read()).toBe(1n)
  })

  it.each([
    ['null', null],
    ['an amount that is a number', { ...balance(1n), amount: 1 }],
    ['no slot', { amount: 1n, decimals: 9, exact: true }],
  ])('pass over one that answers what cannot be a balance: %s', async (_, answer) => {
    const careless: BalanceSource = {
      read: async () => answer as Balance,
      readMint: async () => ({ decimals: 0 }),
    }
    const source = failover([careless, numbered(2n)])
    expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(2n)
    expect(await outcomeOf(failover([careless]).read(query(), untilEnded()))).toBe('rejected')
  })

  it('pass over one that throws instead of rejecting', async () => {
    const throwing: BalanceSource = {
      read() {
        throw new Error('thrown at once')
      },
      readMint: async () => ({ decimals: 0 }),
    }
    expect(await outcomeOf(failover([throwing, numbered(2n)]).read(query(), untilEnded()))).toBe(2n)
  })

  it('are those that were given, whatever becomes of the list', async () => {
    const list = [numbered(1n)]
    const source = failover(list)
    list.pop()
    expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(1n)
  })
})

describe('a source that hangs', () => {
  it('leaves the second time to answer within the total', async () => {
    const hanging = heldSource()
    const source = failover([hanging, numbered(2n)], { timeoutMs: 80 })
    expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(2n)
    expect(callAt(hanging, 0).signal.aborted).toBe(true)
  })

  it('is asked last from then on, so that it costs its time once', async () => {
    const hanging = heldSource()
    const source = failover([hanging, numbered(2n)], { timeoutMs: 80 })
    await source.read(query(), untilEnded())
    for (let at = 0; at < 5; at++) expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(2n)
    expect(hanging.calls).toHaveLength(1)
  })

  it('gets an even share of what is left, and all together no more than the total', async () => {
    const hanging = [heldSource(), heldSource(), heldSource()]
    const source = failover(hanging, { timeoutMs: 120 })
    const failure = await Promise.resolve(source.read(query(), untilEnded())).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AggregateError)
    const shares = (failure as AggregateError).errors.map(({ message }) =>
      Number(/[\d.]+/.exec(message)?.[0]),
    )
    expect(shares[0]).toBeGreaterThan(20)
    // A timer may be a moment early, which leaves more for the others.
    expect(Math.max(...shares)).toBeLessThan(45)
    expect(hanging.map(({ calls }) => calls.length)).toEqual([1, 1, 1])
  })

  it('sees its signal aborted when the caller gives up, and no other source is asked', async () => {
    const hanging = heldSource({ heeds: true })
    const second = numbered(2n)
    const source = failover([hanging, second], { timeoutMs: 60_000 })
    const caller = new AbortController()
    const answer = Promise.resolve(source.read(query(), { signal: caller.signal }))
    await settled()
    caller.abort(new Error('the caller gave up'))
    await expect(answer).rejects.toThrow('the caller gave up')
    expect(callAt(hanging, 0).signal.aborted).toBe(true)
    expect(second.reads).toBe(0)
  })

  it('is not held to be ill where it was the caller who gave up on it', async () => {
    const slow = heldSource({ heeds: true })
    const source = failover([slow, numbered(2n)])
    const caller = new AbortController()
    const answer = outcomeOf(source.read(query(), { signal: caller.signal }))
    await settled()
    caller.abort(new Error('the caller gave up'))
    expect(await answer).toBe('rejected')
    const next = outcomeOf(source.read(query(), untilEnded()))
    await settled()
    callAt(slow, 1).answer(1n)
    expect(await next).toBe(1n)
  })

  it('leaves the second time to answer within nine tenths of what the caller waits', async () => {
    const hanging = [heldSource(), heldSource()]
    const source = failover(hanging, { timeoutMs: 60_000 })
    const failure = await Promise.resolve(source.read(query(), { ...untilEnded(), timeoutMs: 100 })).catch(
      (error: unknown) => error,
    )
    const shares = (failure as AggregateError).errors.map(({ message }) =>
      Number(/[\d.]+/.exec(message)?.[0]),
    )
    expect(shares[0]).toBeGreaterThan(40)
    expect(shares[0]).toBeLessThanOrEqual(45)
    expect(hanging.map(({ calls }) => calls.length)).toEqual([1, 1])
  })

  it('is told how long it has, so that sources within it share that', async () => {
    const hanging = heldSource()
    const told: (number | undefined)[] = []
    const inner: BalanceSource = {
      read(one, options) {
        told.push(options.timeoutMs)
        return hanging.read(one, options)
      },
      readMint: async () => ({ decimals: 0 }),
    }
    const source = failover([failover([inner, numbered(2n)]), numbered(3n)], { timeoutMs: 200 })
    expect(await outcomeOf(source.read(query(), untilEnded()))).toBe(2n)
    expect(told[0]).toBeGreaterThan(40)
    expect(told[0]).toBeLessThanOrEqual(45)
  })

  it('ends with the reason of the caller where there is no other', async () => {
    const caller = new AbortController()
    const answer = Promise.resolve(
      failover([heldSource({ heeds: true })], { timeoutMs: 60_000 }).read(query(), { signal: caller.signal }),
    )
    caller.abort(new Error('the caller gave up'))
    await expect(answer).rejects.toThrow('the caller gave up')
  })

  it('is not called at all for a caller who has given up', async () => {
    const source = numbered(1n)
    const answer = failover([source]).read(query(), { signal: AbortSignal.abort(new Error('gone')) })
    await expect(answer).rejects.toThrow('gone')
    expect(source.reads).toBe(0)
  })
})

describe('the options of failover', () => {
  const source = numbered(1n)
  it.each<[string, unknown, unknown]>([
    ['failover needs at least one source', [], {}],
    ['failover needs at least one source', undefined, {}],
    ['failover needs sources', [source, undefined], {}],
    ['failover needs sources', [source, { read: () => undefined }], {}],
    ['failover.timeoutMs', [source], { timeoutMs: 0 }],
    ['failover.timeoutMs', [source], { timeoutMs: Number.NaN }],
    ['failover.timeoutMs', [source], { timeoutMs: Number.POSITIVE_INFINITY }],
    ['failover.timeoutMs', [source], { timeoutMs: 2 ** 31 }],
    ['failover.timeoutMs', [source], { timeoutMs: '1800' }],
    ['failover.illForMs', [source], { illForMs: -1 }],
    ['failover.illForMs', [source], { illForMs: '10000' }],
    ['failover.clock', [source], { clock: {} }],
    ['failover.timeout ', [source], { timeout: 1 }],
    ['failover must be given options', [source], null],
  ])('refuse: %s', (problem, sources, options) => {
    const make = () => failover(sources as BalanceSource[], options as object)
    expect(make).toThrow(GateError)
    expect(make).toThrow(problem)
  })
})
