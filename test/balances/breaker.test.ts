import { describe, expect, it } from 'vitest'
import { breaker } from '../../src/balances/breaker.js'
import { DeadlinePassed } from '../../src/deadline.js'
import { guardedSource } from '../harness/balances/guarded-source.js'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'
import { manualClock } from '../support/clock.js'

const OPEN_MS = 2_000

function kit() {
  const clock = manualClock()
  const upstream = heldSource()
  const source = guardedSource(upstream, breaker({ clock }))
  const read = () => outcomeOf(source.read(query(), untilEnded()))
  async function failing(times: number) {
    for (let at = 0; at < times; at++) {
      const answer = read()
      callAt(upstream, -1).fail()
      expect(await answer).toBe('rejected')
    }
  }
  async function succeeding() {
    const answer = read()
    callAt(upstream, -1).answer(7n)
    expect(await answer).toBe(7n)
  }
  return { clock, upstream, source, read, failing, succeeding }
}

describe('an upstream that fails', () => {
  it('is left alone after five failures in a row', async () => {
    const { upstream, source, failing } = kit()
    await failing(5)
    await expect(source.read(query(), untilEnded())).rejects.toThrow('left alone')
    await expect(source.readMint('any', untilEnded())).rejects.toThrow('left alone')
    expect(upstream.calls).toHaveLength(5)
  })

  it('is still asked where a success came in between', async () => {
    const { upstream, failing, succeeding } = kit()
    await failing(4)
    await succeeding()
    await failing(4)
    await succeeding()
    expect(upstream.calls).toHaveLength(10)
  })

  it('is told from questions after mints as well', async () => {
    const { upstream, source, failing } = kit()
    await failing(4)
    const mint = Promise.resolve(source.readMint('any', untilEnded())).catch(() => 'rejected')
    callAt(upstream, -1).fail()
    expect(await mint).toBe('rejected')
    await expect(source.read(query(), untilEnded())).rejects.toThrow('left alone')
  })

  it('is told where it throws instead of rejecting', async () => {
    let calls = 0
    const source = guardedSource(
      {
        read() {
          calls++
          throw new Error('thrown at once')
        },
        readMint: async () => ({ decimals: 0 }),
      },
      breaker(),
    )
    for (let at = 0; at < 8; at++)
      expect(await outcomeOf(source.read(query(), untilEnded()))).toBe('rejected')
    expect(calls).toBe(5)
  })

  it('hands its own failure on while the breaker is closed', async () => {
    const { upstream, source } = kit()
    const failure = new Error('its own')
    const answer = source.read(query(), untilEnded())
    callAt(upstream, 0).fail(failure)
    await expect(answer).rejects.toBe(failure)
  })
})

describe('a breaker that is open', () => {
  it('answers at once until openMs have passed on the monotonic clock', async () => {
    const { clock, upstream, read, failing } = kit()
    await failing(5)
    clock.stepWall(3_600_000)
    clock.advance(OPEN_MS - 1)
    expect(await read()).toBe('rejected')
    expect(upstream.calls).toHaveLength(5)
    clock.stepWall(-7_200_000)
    clock.advance(1)
    void read()
    expect(upstream.calls).toHaveLength(6)
  })

  it('lets one call alone through to probe, however many come', async () => {
    const { clock, upstream, read, failing } = kit()
    await failing(5)
    clock.advance(OPEN_MS)
    const crowd = Array.from({ length: 1_000 }, read)
    await settled()
    expect(upstream.calls).toHaveLength(6)
    clock.advance(OPEN_MS * 10)
    const late = Array.from({ length: 10 }, read)
    await settled()
    expect(upstream.calls).toHaveLength(6)
    callAt(upstream, 5).answer(7n)
    const outcomes = await Promise.all([...crowd, ...late])
    expect(outcomes.filter((outcome) => outcome === 7n)).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'rejected')).toHaveLength(1_009)
  })

  it('closes when the probe succeeds, and counts from nothing again', async () => {
    const { clock, upstream, failing, succeeding } = kit()
    await failing(5)
    clock.advance(OPEN_MS)
    await succeeding()
    await failing(4)
    await succeeding()
    expect(upstream.calls).toHaveLength(11)
  })

  it('opens again for as long when the probe fails', async () => {
    const { clock, upstream, read, failing, succeeding } = kit()
    await failing(5)
    clock.advance(OPEN_MS)
    await failing(1)
    clock.advance(OPEN_MS - 1)
    expect(await read()).toBe('rejected')
    expect(upstream.calls).toHaveLength(6)
    clock.advance(1)
    await succeeding()
    await succeeding()
    expect(upstream.calls).toHaveLength(8)
  })
})

describe('calls that were ended', () => {
  /** Ten calls, each ended for a reason after the upstream has had some time. */
  async function ended(reason: Error, hadMs: number, timeoutMs?: number) {
    const clock = manualClock()
    const upstream = heldSource({ heeds: true })
    const source = guardedSource(upstream, breaker({ clock, openMs: 1_000_000 }))
    for (let at = 0; at < 10; at++) {
      const caller = new AbortController()
      const options = timeoutMs === undefined ? {} : { timeoutMs }
      const answer = outcomeOf(source.read(query(), { signal: caller.signal, ...options }))
      clock.advance(hadMs)
      caller.abort(reason)
      expect(await answer).toBe('rejected')
    }
    return upstream.calls.length
  }
  const passed = new DeadlinePassed('no answer')

  it('by a caller who gave up are nothing against the upstream, however long they took', async () => {
    expect(await ended(new Error('gave up'), 1_500)).toBe(10)
    expect(await ended(new Error('gave up'), 1_500, 1_800)).toBe(10)
  })

  it('by their deadline are failures where the upstream had all of it', async () => {
    expect(await ended(passed, 20, 20)).toBe(5)
  })

  it('by a deadline that ran down in a queue are failures from half a second on', async () => {
    expect(await ended(passed, 499)).toBe(10)
    expect(await ended(passed, 500)).toBe(5)
  })

  it('do not close a breaker either, and leave the next one to probe', async () => {
    const { clock, upstream, source, read, failing } = kit()
    await failing(5)
    clock.advance(OPEN_MS)
    const caller = new AbortController()
    const probe = outcomeOf(source.read(query(), { signal: caller.signal }))
    caller.abort(new Error('gave up'))
    callAt(upstream, 5).fail()
    expect(await probe).toBe('rejected')
    const next = read()
    await expect(source.read(query(), untilEnded())).rejects.toThrow('left alone')
    callAt(upstream, 6).answer(7n)
    expect(await next).toBe(7n)
  })
})

describe('calls that were under way when the breaker opened', () => {
  it('may all fail without letting more than one probe through', async () => {
    const { clock, upstream, read } = kit()
    const crowd = Array.from({ length: 20 }, read)
    for (let at = 0; at < 10; at++) callAt(upstream, at).fail()
    await settled()
    clock.advance(OPEN_MS)
    void read()
    expect(upstream.calls).toHaveLength(21)
    for (let at = 10; at < 20; at++) callAt(upstream, at).fail()
    await Promise.all(crowd)
    clock.advance(OPEN_MS)
    expect(await read()).toBe('rejected')
    expect(upstream.calls).toHaveLength(21)
  })
})
