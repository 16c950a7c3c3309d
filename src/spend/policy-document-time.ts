import type { CalendarUnit } from './calendar.js'
import type { DraftHours } from './policy-document-draft.js'
import type { DocumentReader } from './policy-document-reader.js'
import type { WireDay } from './policy-document-shape.js'
import type { BudgetWindow } from './windows.js'

/** The days of the week, by their place. */
export const DAYS: readonly WireDay[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** The end of a day, as minutes since its midnight. */
export const END_OF_DAY = 1_440

const UNITS: readonly CalendarUnit[] = ['day', 'week', 'month']
const MAX_ROLLING_SECONDS = 31_622_400
const MAX_KEPT_ZONES = 1_000
const HOURS = 'time_zone days from to'.split(' ')
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/

/** Time zones that were found to be known, by how they were written. */
const knownZones = new Map<string, string>()

/** Reads for how long a budget counts. */
export function readWindow(reader: DocumentReader, value: unknown, path: string): BudgetWindow | undefined {
  if (value === 'lifetime') return { kind: 'lifetime' }
  if (typeof value !== 'object') {
    return reader.note(
      path,
      'must be "lifetime", or an object with calendar and time_zone or rolling_seconds',
    )
  }
  const members = reader.members(value, path, ['calendar', 'time_zone', 'rolling_seconds'])
  if (members === undefined) return undefined
  if (members.rolling_seconds === undefined) {
    const unit = reader.oneOf(members.calendar, `${path}.calendar`, UNITS)
    const timeZone = readTimeZone(reader, members.time_zone, `${path}.time_zone`)
    return unit === undefined || timeZone === undefined ? undefined : { kind: 'calendar', unit, timeZone }
  }
  for (const name of ['calendar', 'time_zone']) {
    if (members[name] !== undefined) reader.note(`${path}.${name}`, 'cannot stand beside rolling_seconds')
  }
  const seconds = reader.whole(members.rolling_seconds, `${path}.rolling_seconds`, 1, MAX_ROLLING_SECONDS)
  return seconds === undefined ? undefined : { kind: 'rolling', seconds }
}

/** Reads when may be spent. */
export function readHours(reader: DocumentReader, value: unknown, path: string): DraftHours | undefined {
  const members = reader.members(value, path, HOURS)
  if (members === undefined) return undefined
  const timeZone = readTimeZone(reader, members.time_zone, `${path}.time_zone`)
  const days =
    members.days === undefined ? DAYS.map((_day, at) => at) : readDays(reader, members.days, `${path}.days`)
  const fromMinute = readClock(reader, members.from, `${path}.from`)
  const toMinute = members.to === '24:00' ? END_OF_DAY : readClock(reader, members.to, `${path}.to`)
  if (timeZone === undefined || days === undefined) return undefined
  if (fromMinute === undefined || toMinute === undefined) return undefined
  if (fromMinute === toMinute)
    return reader.note(`${path}.to`, 'must not be the time that the hours begin at')
  return { timeZone, days, fromMinute, toMinute: toMinute === 0 ? END_OF_DAY : toMinute }
}

function readDays(reader: DocumentReader, value: unknown, path: string): readonly number[] | undefined {
  const readDay = (entry: unknown, at: string) => reader.oneOf(entry, at, DAYS)
  const days = reader.distinct(value, path, readDay, (day) => day)
  if (Array.isArray(value) && value.length === 0) {
    return reader.note(path, 'must name a day; leave it out for all of them')
  }
  return days?.map((day) => DAYS.indexOf(day)).sort()
}

function readClock(reader: DocumentReader, value: unknown, path: string): number | undefined {
  const match = typeof value === 'string' ? CLOCK.exec(value) : null
  if (match === null) return reader.note(path, 'must be a time of day such as 08:00')
  return Number(match[1]) * 60 + Number(match[2])
}

function readTimeZone(reader: DocumentReader, value: unknown, path: string): string | undefined {
  const zone = typeof value === 'string' && value.length <= 100 ? spellingOf(value) : undefined
  return zone ?? reader.note(path, 'must be a time zone of the IANA database, such as Europe/Berlin')
}

/** A time zone in the case that it is known in: one that is written in another is the same. */
function spellingOf(zone: string): string | undefined {
  const known = knownZones.get(zone)
  if (known !== undefined) return known
  // Offsets, which newer runtimes take for time zones, have no clocks that are turned.
  if (!/^[A-Za-z]/.test(zone)) return undefined
  let resolved: string
  try {
    resolved = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
  // A name that leads to another stays as it is: which one it leads to differs between runtimes.
  const spelling = resolved.toLowerCase() === zone.toLowerCase() ? resolved : zone
  if (knownZones.size < MAX_KEPT_ZONES) knownZones.set(zone, spelling)
  return spelling
}
