import { memoryLimits } from 'sallyport/limits'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { boundedKeys } from '../../src/limits/bounded-keys.js'
import { manualClock } from '../support/clock.js'
import { passing, take } from './kit.js'

describe('limits in memory', () => {
  it('count apart until the bound, then together, and never let more through', async () => {
    const limits = memoryLimits({ failures: { requests: 1, windowSeconds: 3_600 } })
    const ask = (at: number) => take(limits, `192.0.2.${at}`, 'failures')
    expect(await passing(100_000, ask)).toBe(100_000)
    // 4096 buckets of one each, some of which 20,000 addresses leave empty.
    expect(await passing(20_000, (at) => ask(100_000 + at))).toBeLessThanOrEqual(4_096)
    expect(await passing(20_000, (at) => ask(200_000 + at))).toBeLessThan(1_000)
    expect(await passing(100, ask)).toBe(0)
  }, 60_000)

  it('keep no process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const limits = memoryLimits({ account: { requests: 1, windowSeconds: 60, blockSeconds: 60 } })
    await passing(5, () => take(limits))
    expect(timers()).toBe(before)
  })

  it('hold a window of a week to its end', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const weekMs = 7 * 24 * 60 * 60 * 1_000
    const limits = memoryLimits({ account: { requests: 1, windowSeconds: weekMs / 1_000 } })
    expect(await passing(2, () => take(limits))).toBe(1)
    await vi.advanceTimersByTimeAsync(weekMs - 1)
    expect(await take(limits)).toEqual({ allowed: false, retryAfterMs: 1 })
    await vi.advanceTimersByTimeAsync(1)
    expect(await take(limits)).toMatchObject({ allowed: true })
  })

  it('do not inherit what is changed about their options afterwards', async () => {
    const account = { requests: 1, windowSeconds: 60 }
    const limits = memoryLimits({ account })
    account.requests = 100
    expect(await passing(3, () => take(limits))).toBe(1)
  })
})

describe('a bound of keys', () => {
  it('gives a place of its own to a known key, and to a new one while there is room', () => {
    const clock = manualClock()
    const keyOf = boundedKeys(2, 1_000, clock)
    expect([keyOf('a'), keyOf('b'), keyOf('a')]).toEqual(['a', 'b', 'a'])
    expect(keyOf('c')).toMatch(/^~[0-9a-f]{3}$/)
    expect(keyOf('c')).toBe(keyOf('c'))
    expect(keyOf('b')).toBe('b')
  })

  it('has room again once the oldest have ended', () => {
    const clock = manualClock()
    const keyOf = boundedKeys(2, 1_000, clock)
    keyOf('a')
    clock.advance(600)
    keyOf('b')
    clock.stepWall(1_000_000)
    expect(keyOf('c')).toMatch(/^~/)
    clock.advance(400)
    expect(keyOf('c')).toBe('c')
    expect(keyOf('a')).toMatch(/^~/)
    expect(keyOf('b')).toBe('b')
  })

  it('shares places that nobody can foretell', () => {
    const full = () => {
      const keyOf = boundedKeys(0, 1_000, manualClock())
      return Array.from({ length: 50 }, (_, at) => keyOf(`key ${at}`))
    }
    expect(full()).not.toEqual(full())
  })
})
