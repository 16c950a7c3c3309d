import { isName, NAME_RULE } from '../credentials/credential-name.js'
import { isOverlap, MAX_OVERLAP_SECONDS } from '../credentials/overlap.js'
import { type Refused, refused } from '../decision.js'

type Members = Readonly<Record<string, unknown>>

/** What a new key is asked to be. */
export interface NewKey {
  readonly name: string
  readonly scopes: readonly string[]
  readonly environment: string | null
  readonly expiresAtMs: number | null
}

/** What keys may be asked to be. */
export interface KeyRules {
  readonly scopes: readonly string[]
  readonly environments: readonly (string | null)[]
  /** What a key is for that names no environment; `undefined` where it must name one. */
  readonly defaultEnvironment: string | null | undefined
}

const DEFAULT_OVERLAP_SECONDS = 86_400
// RFC 3339, with seconds and an offset: a date without one means another moment on every machine.
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
// The last moment that RFC 3339 can write.
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Reads the name that a body gives. */
export function readName({ name }: Members): string | Refused {
  return isName(name) ? name : invalid(`name must be ${NAME_RULE}`)
}

/** Reads what a new key is to be. Nobody can give a key what the host has not named. */
export function readNewKey(members: Members, rules: KeyRules, nowMs: number): NewKey | Refused {
  const { scopes = [], environment = rules.defaultEnvironment, expires_at: expiresAt = null } = members
  const name = readName(members)
  if (typeof name !== 'string') return name
  if (!isListOf(scopes, rules.scopes)) {
    const allowed = rules.scopes.length === 0 ? 'empty' : `a list of ${rules.scopes.join(', ')}`
    return invalid(`scopes must be ${allowed}`)
  }
  const known = rules.environments.find((candidate) => candidate === environment)
  if (known === undefined) {
    const allowed = rules.environments.filter((candidate) => candidate !== null)
    return invalid(`environment must be ${allowed.length === 0 ? 'absent' : `one of ${allowed.join(', ')}`}`)
  }
  const expiresAtMs = expiresAt === null ? null : readTimestamp(expiresAt)
  if (expiresAtMs === undefined || (expiresAtMs !== null && expiresAtMs <= nowMs)) {
    return invalid('expires_at must be a time to come, such as 2030-01-31T00:00:00Z')
  }
  return { name, scopes: [...new Set(scopes)], environment: known, expiresAtMs }
}

/** Reads how long an old key counts beside the new one, in milliseconds. Default a day. */
export function readOverlapMs({
  overlap_seconds: seconds = DEFAULT_OVERLAP_SECONDS,
}: Members): number | Refused {
  return isOverlap(seconds)
    ? seconds * 1000
    : invalid(`overlap_seconds must be a whole number from 0 to ${MAX_OVERLAP_SECONDS}`)
}

function isListOf(value: unknown, allowed: readonly string[]): value is string[] {
  return Array.isArray(value) && value.every((item) => allowed.includes(item))
}

function readTimestamp(value: unknown): number | undefined {
  const date = typeof value === 'string' ? TIMESTAMP.exec(value)?.[1] : undefined
  if (date === undefined || !isDate(date)) return undefined
  const ms = Date.parse(String(value))
  return ms <= LAST_MS ? ms : undefined
}

// Date.parse takes the 30th of February for the 2nd of March.
function isDate(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

function invalid(problem: string): Refused {
  return refused('body_invalid', { problem })
}
