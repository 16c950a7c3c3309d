import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type CalendarUnit, loadCalendar } from '../../src/spend/calendar.js'
import { spanOf } from '../../src/spend/windows.js'

const calendar = await loadCalendar()
const DAY_MS = 86_400_000
const at = (text: string) => Date.parse(text)
const calendarSpan = (unit: CalendarUnit, timeZone: string, atMs: number) =>
  spanOf({ kind: 'calendar', unit, timeZone }, atMs, calendar)
const edgesOf = (unit: CalendarUnit, timeZone: string, moment: string) => {
  const { startMs, endMs } = calendar.windowAt(unit, timeZone, at(moment))
  return [startMs, endMs].map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'))
}

describe('a window of the calendar', () => {
  it.each<[string, CalendarUnit, string, string, string, string]>([
    ['a day', 'day', 'UTC', '2024-06-15T12:00Z', '2024-06-15T00:00Z', '2024-06-16T00:00Z'],
    ['its first moment', 'day', 'UTC', '2024-06-15T00:00Z', '2024-06-15T00:00Z', '2024-06-16T00:00Z'],
    ['its last moment', 'day', 'UTC', '2024-06-15T23:59:59.999Z', '2024-06-15T00:00Z', '2024-06-16T00:00Z'],
    [
      'a zone to the east',
      'day',
      'Asia/Kathmandu',
      '2024-06-15T18:15Z',
      '2024-06-15T18:15Z',
      '2024-06-16T18:15Z',
    ],
    [
      'the zone farthest east',
      'month',
      'Pacific/Kiritimati',
      '2024-12-31T10:00Z',
      '2024-12-31T10:00Z',
      '2025-01-31T10:00Z',
    ],
    [
      'the zone farthest west',
      'day',
      'Etc/GMT+12',
      '2024-06-15T11:59Z',
      '2024-06-14T12:00Z',
      '2024-06-15T12:00Z',
    ],
    [
      'a day of 23 hours',
      'day',
      'Europe/Berlin',
      '2024-03-31T12:00Z',
      '2024-03-30T23:00Z',
      '2024-03-31T22:00Z',
    ],
    [
      'a day of 25 hours',
      'day',
      'Europe/Berlin',
      '2024-10-27T12:00Z',
      '2024-10-26T22:00Z',
      '2024-10-27T23:00Z',
    ],
    [
      'a day of 24 and a half',
      'day',
      'Australia/Lord_Howe',
      '2024-04-07T00:00Z',
      '2024-04-06T13:00Z',
      '2024-04-07T13:30Z',
    ],
    [
      'a week in which clocks are turned',
      'week',
      'Europe/Berlin',
      '2024-03-31T21:59Z',
      '2024-03-24T23:00Z',
      '2024-03-31T22:00Z',
    ],
    [
      'a month in which clocks are turned',
      'month',
      'Europe/Berlin',
      '2024-03-01T00:00Z',
      '2024-02-29T23:00Z',
      '2024-03-31T22:00Z',
    ],
    ['a week over the year', 'week', 'UTC', '2025-01-05T23:59Z', '2024-12-30T00:00Z', '2025-01-06T00:00Z'],
    ['a Monday', 'week', 'UTC', '2024-12-30T00:00Z', '2024-12-30T00:00Z', '2025-01-06T00:00Z'],
    ['December', 'month', 'America/New_York', '2025-01-01T04:59Z', '2024-12-01T05:00Z', '2025-01-01T05:00Z'],
    [
      'February of a leap year',
      'month',
      'UTC',
      '2024-02-29T23:00Z',
      '2024-02-01T00:00Z',
      '2024-03-01T00:00Z',
    ],
    ['before 1970', 'month', 'UTC', '1969-12-31T23:59Z', '1969-12-01T00:00Z', '1970-01-01T00:00Z'],
    // Clocks go from 23:59 to 01:00.
    [
      'a day without a midnight',
      'day',
      'Africa/Cairo',
      '2024-04-26T12:00Z',
      '2024-04-25T22:00Z',
      '2024-04-26T21:00Z',
    ],
    [
      'the day before one',
      'day',
      'Africa/Cairo',
      '2024-04-25T21:59Z',
      '2024-04-24T22:00Z',
      '2024-04-25T22:00Z',
    ],
    [
      'another without a midnight',
      'day',
      'America/Santiago',
      '2024-09-08T04:00Z',
      '2024-09-08T04:00Z',
      '2024-09-09T03:00Z',
    ],
    // Clocks go from 00:59 back to 00:00.
    [
      'a day with two midnights, between them',
      'day',
      'America/Havana',
      '2024-11-03T04:30Z',
      '2024-11-03T04:00Z',
      '2024-11-04T05:00Z',
    ],
    [
      'a day with two midnights, behind both',
      'day',
      'America/Havana',
      '2024-11-03T23:00Z',
      '2024-11-03T04:00Z',
      '2024-11-04T05:00Z',
    ],
    // Clocks go from 23:59 back to 23:00, and midnight comes after the second time.
    [
      'an evening that comes twice',
      'day',
      'America/Santiago',
      '2024-04-07T03:30Z',
      '2024-04-06T03:00Z',
      '2024-04-07T04:00Z',
    ],
    // Clocks went from 00:00 back to 23:01 of the day that was just over.
    [
      'an evening after its midnight',
      'day',
      'America/St_Johns',
      '2010-11-07T03:00Z',
      '2010-11-07T02:30Z',
      '2010-11-08T03:30Z',
    ],
    // The thirtieth was left out.
    [
      'the day before one left out',
      'day',
      'Pacific/Apia',
      '2011-12-30T09:59Z',
      '2011-12-29T10:00Z',
      '2011-12-30T10:00Z',
    ],
    [
      'the day behind one left out',
      'day',
      'Pacific/Apia',
      '2011-12-30T10:00Z',
      '2011-12-30T10:00Z',
      '2011-12-31T10:00Z',
    ],
  ])('is right for %s', (_what, unit, timeZone, moment, start, end) => {
    expect(edgesOf(unit, timeZone, moment)).toEqual([start, end])
  })

  it('is counted at its beginning, and ends when the next begins', () => {
    const start = at('2024-03-31T22:00Z')
    expect(calendarSpan('month', 'Europe/Berlin', at('2024-04-17T12:34:56.789Z'))).toEqual({
      atMs: start,
      fromMs: start,
      toMs: start,
      keepFromMs: start - 62 * DAY_MS,
      resetsAtMs: at('2024-04-30T22:00Z'),
    })
  })

  it('is another a millisecond later, at its edge, and the same again where the clock is set back', () => {
    const edge = at('2024-04-30T22:00Z')
    const before = calendarSpan('month', 'Europe/Berlin', edge - 1)
    const after = calendarSpan('month', 'Europe/Berlin', edge)
    expect([before.resetsAtMs, after.atMs]).toEqual([edge, edge])
    expect(calendarSpan('month', 'Europe/Berlin', edge - 1)).toEqual(before)
    expect(before.atMs).toBeGreaterThanOrEqual(after.keepFromMs)
  })

  it('holds the moments that a calendar on the wall holds, each once and without gaps', () => {
    const zones = fc.constantFrom(
      ...Intl.supportedValuesOf('timeZone').filter((zone) => !/St_Johns|Goose_Bay/.test(zone)),
    )
    const moments = fc.integer({ min: at('1990-01-01T00:00Z'), max: at('2040-01-01T00:00Z') })
    const units = fc.constantFrom<CalendarUnit>('day', 'week', 'month')
    fc.assert(
      fc.property(zones, moments, units, (timeZone, atMs, unit) => {
        const { startMs, endMs } = calendar.windowAt(unit, timeZone, atMs)
        expect(startMs).toBeLessThanOrEqual(atMs)
        expect(endMs).toBeGreaterThan(atMs)
        expect(calendar.windowAt(unit, timeZone, endMs).startMs).toBe(endMs)
        expect(calendar.windowAt(unit, timeZone, startMs - 1).endMs).toBe(startMs)
        for (const inside of [startMs, endMs - 1]) {
          expect(calendar.windowAt(unit, timeZone, inside)).toMatchObject({ startMs, endMs })
          expect(wallOf(unit, timeZone, inside)).toBe(wallOf(unit, timeZone, atMs))
        }
        expect(wallOf(unit, timeZone, startMs - 1)).not.toBe(wallOf(unit, timeZone, atMs))
        expect(wallOf(unit, timeZone, endMs)).not.toBe(wallOf(unit, timeZone, atMs))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is right on every day on which clocks are turned', () => {
    const zones = [
      'America/Havana',
      'Africa/Cairo',
      'Asia/Beirut',
      'America/Asuncion',
      'Asia/Gaza',
      'Africa/Casablanca',
    ]
    for (const timeZone of zones) {
      for (let atMs = at('2022-01-01T00:20Z'); atMs < at('2025-01-01T00:00Z'); atMs += 3_600_000) {
        const { startMs, endMs } = calendar.windowAt('day', timeZone, atMs)
        if (endMs - startMs === DAY_MS) continue
        expect(wallOf('day', timeZone, startMs)).toBe(wallOf('day', timeZone, atMs))
        expect(wallOf('day', timeZone, startMs - 1)).not.toBe(wallOf('day', timeZone, atMs))
      }
    }
  })

  it('is found again without looking at a time zone', () => {
    const window = { kind: 'calendar', unit: 'week', timeZone: 'Asia/Tokyo' } as const
    const looks = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    try {
      const first = spanOf(window, at('2024-06-10T00:00Z'), calendar)
      expect(looks).toHaveBeenCalled()
      looks.mockClear()
      for (let minute = 0; minute < 1_000; minute++) {
        expect(spanOf(window, at('2024-06-10T00:00Z') + minute * 60_000, calendar)).toEqual(first)
      }
      expect(looks).not.toHaveBeenCalled()
    } finally {
      looks.mockRestore()
    }
  })

  it('is not made up for a time zone that is not known', () => {
    expect(() => calendarSpan('day', 'Europe/Atlantis', 0)).toThrow(RangeError)
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

/** Names the day, week or month on a wall's calendar. */
function wallOf(unit: CalendarUnit, timeZone: string, atMs: number): string {
  const day = Math.floor(wallMsOf(timeZone, atMs) / DAY_MS)
  if (unit === 'month') return new Date(day * DAY_MS).toISOString().slice(0, 7)
  return String(unit === 'day' ? day : Math.floor((day + 3) / 7))
}
