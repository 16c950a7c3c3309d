import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCalendar } from '../../src/spend/calendar.js'
import { spanOf, stepMsOf } from '../../src/spend/windows.js'

const calendar = await loadCalendar()
const DAY_MS = 86_400_000
const at = (text: string) => Date.parse(text)

describe('a rolling window', () => {
  const seconds = fc.oneof(
    fc.constantFrom(1, 2, 60, 999, 1_000, 1_001, 3_600, 86_400, 31_622_400),
    fc.integer({ min: 1, max: 31_622_400 }),
  )
  const moments = fc.integer({ min: at('2000-01-01T00:00Z'), max: at('2040-01-01T00:00Z') })
  const rolling = (length: number, atMs: number) =>
    spanOf({ kind: 'rolling', seconds: length }, atMs, calendar)

  it('counts everything that is younger than it is long, and forgets it one step later at most', () => {
    fc.assert(
      fc.property(seconds, moments, fc.double({ min: 0, max: 3, noNaN: true }), (length, earlier, share) => {
        const age = Math.floor(share * length * 1_000)
        const { atMs } = rolling(length, earlier)
        const { fromMs, toMs } = rolling(length, earlier + age)
        const counts = fromMs <= atMs && atMs <= toMs
        if (age <= length * 1_000) expect(counts).toBe(true)
        if (age >= length * 1_000 + stepMsOf(length)) expect(counts).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is exact at its edges', () => {
    const now = at('2024-06-15T12:00:00.400Z')
    const { atMs } = rolling(60, now)
    expect(atMs).toBe(at('2024-06-15T12:00Z'))
    const counts = (later: number) => rolling(60, now + later).fromMs <= atMs
    expect([counts(60_000), counts(60_599), counts(60_600)]).toEqual([true, true, false])
  })

  it('still counts what a clock counted before it was set back', () => {
    fc.assert(
      fc.property(seconds, moments, fc.nat(10 * 365 * DAY_MS), (length, later, back) => {
        const { atMs } = rolling(length, later)
        const { fromMs, toMs } = rolling(length, later - back)
        expect(fromMs <= atMs && atMs <= toMs).toBe(true)
      }),
    )
  })

  it('has at most about a thousand moments that count, and keeps as many again, an hour at least, for a clock that is set back', () => {
    fc.assert(
      fc.property(seconds, moments, (length, now) => {
        const { atMs, fromMs, keepFromMs, resetsAtMs } = rolling(length, now)
        expect((atMs - fromMs) / stepMsOf(length) + 1).toBeLessThanOrEqual(1_002)
        const keptMs = Math.min(DAY_MS, Math.max(DAY_MS / 24, length * 1_000))
        expect(keepFromMs).toBe(fromMs - keptMs)
        expect(rolling(length, now - keptMs).fromMs).toBeGreaterThanOrEqual(keepFromMs - stepMsOf(length))
        expect(resetsAtMs).toBeNull()
      }),
    )
  })

  it.each([
    [1, 1_000],
    [1_000, 1_000],
    [1_001, 2_000],
    [86_400, 87_000],
    [31_622_400, 31_623_000],
  ])('of %i seconds moves in steps of %i ms', (length, stepMs) => {
    expect(stepMsOf(length)).toBe(stepMs)
  })
})

describe('a lifetime', () => {
  it('counts everything as one, and forgets nothing', () => {
    expect(spanOf({ kind: 'lifetime' }, at('2024-06-15T12:00Z'), calendar)).toEqual({
      atMs: 0,
      fromMs: 0,
      toMs: 0,
      keepFromMs: 0,
      resetsAtMs: null,
    })
  })
})
