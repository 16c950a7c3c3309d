import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'

const OPTIONS = { signal: new AbortController().signal }

function claimKit() {
  const clock = manualClock()
  const store = memoryStore({ clock })
  /** Claims for so many milliseconds by the wall clock. */
  const claim = (key: string, lifeMs: number) => store.claim(key, clock.wallMs() + lifeMs, OPTIONS)
  return { clock, claim }
}

describe('a claim in memory', () => {
  it('holds until it ends, and then anew', () => {
    const { clock, claim } = claimKit()
    expect(claim('a', 1_000)).toBe(true)
    clock.advance(999)
    expect(claim('a', 1_000)).toBe(false)
    clock.advance(1)
    expect(claim('a', 1_000)).toBe(true)
    expect(claim('a', 1_000)).toBe(false)
  })

  it('is not lengthened by those who come too late', () => {
    const { clock, claim } = claimKit()
    expect(claim('a', 1_000)).toBe(true)
    clock.advance(999)
    expect(claim('a', 1_000)).toBe(false)
    clock.advance(1)
    expect(claim('a', 1_000)).toBe(true)
  })

  it.each([3_600_000, -3_600_000])('is not forgotten where the wall clock is stepped by %d ms', (step) => {
    const { clock, claim } = claimKit()
    expect(claim('a', 1_000)).toBe(true)
    clock.stepWall(step)
    expect(claim('a', 1_000)).toBe(false)
    clock.advance(999)
    expect(claim('a', 1_000)).toBe(false)
  })

  it('holds among many others, which are forgotten', () => {
    const { clock, claim } = claimKit()
    expect(claim('kept', 60_000)).toBe(true)
    for (let count = 0; count < 5_000; count++) expect(claim(`short-${count}`, 10)).toBe(true)
    clock.advance(20)
    for (let count = 0; count < 5_000; count++) expect(claim(`later-${count}`, 10)).toBe(true)
    expect(claim('kept', 60_000)).toBe(false)
    expect(claim('short-1', 10)).toBe(true)
  })
})
