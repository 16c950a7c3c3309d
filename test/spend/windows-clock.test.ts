import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCalendar } from '../../src/spend/calendar.js'

const calendar = await loadCalendar()
const at = (text: string) => Date.parse(text)

describe('what clocks on the wall show', () => {
  it.each([
    ['UTC', '2024-06-15T00:00Z', 5, 0],
    ['UTC', '1969-12-31T23:59Z', 2, 1439],
    ['Asia/Kathmandu', '2024-06-15T18:14Z', 5, 1439],
    ['Asia/Kathmandu', '2024-06-15T18:15Z', 6, 0],
    ['Europe/Berlin', '2024-03-31T00:59Z', 6, 119],
    ['Europe/Berlin', '2024-03-31T01:00Z', 6, 180],
    ['Europe/Berlin', '2024-10-27T00:59Z', 6, 179],
    ['Europe/Berlin', '2024-10-27T01:00Z', 6, 120],
  ])('in %s at %s is day %i, minute %i', (timeZone, moment, weekday, minuteOfDay) => {
    expect(calendar.localTimeAt(timeZone, at(moment))).toEqual({ weekday, minuteOfDay })
  })

  it('is what the runtime says, in every zone at any time', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
    const moments = fc.integer({ min: at('1990-01-01T00:00Z'), max: at('2040-01-01T00:00Z') })
    fc.assert(
      fc.property(zones, moments, (timeZone, atMs) => {
        const { weekday, minuteOfDay } = calendar.localTimeAt(timeZone, atMs)
        const wall = new Date(wallMsOf(timeZone, atMs))
        expect(weekday).toBe((wall.getUTCDay() + 6) % 7)
        expect(minuteOfDay).toBe(wall.getUTCHours() * 60 + wall.getUTCMinutes())
      }),
      { numRuns: 1_000 },
    )
  })
})

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the wall clock shows, as though it were UTC: asked of the runtime, without the code under test. */
function wallMsOf(timeZone: string, atMs: number): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  formats.set(timeZone, format)
  return Date.parse(`${format.format(atMs).replace(' ', 'T')}Z`)
}
