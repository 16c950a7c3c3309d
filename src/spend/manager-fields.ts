import { isName, NAME_RULE } from '../credentials/credential-name.js'
import { isOptions } from '../option-check.js'
import { isWalletAddress } from '../wallet-address.js'
import type { FieldProblem } from './field-problem.js'
import type { Instrument, Mandate, SpendStatus } from './records.js'

/** Why something cannot be made or changed as it was asked for. */
export class Unfit {
  /** What is wrong with which member; at least one. */
  readonly problems: readonly FieldProblem[]
  /** Whether that is because an instrument is bound already. */
  readonly isBound: boolean

  constructor(problems: readonly FieldProblem[], isBound = false) {
    this.problems = problems
    this.isBound = isBound
  }
}

/** How one member is read. */
export interface Field<T> {
  /** `undefined` where it is not what it must be; or what is wrong within it. */
  read(value: unknown): T | Unfit | undefined
  /** What it must be, as a sentence about it. */
  readonly rule: string
  /** What counts where the member is left out; where there is none either, it must not be. */
  readonly otherwise?: T
}

type Shape = Readonly<Record<string, Field<unknown>>>
type Values<S extends Shape> = { readonly [Name in keyof S]: S[Name] extends Field<infer T> ? T : never }

/** Reads all members of an object, or says what is wrong with which. */
export function readFields<S extends Shape>(value: unknown, shape: S): Values<S> | Unfit {
  if (!isOptions(value) || Array.isArray(value)) return unfit('', 'must be an object')
  const members = value as Readonly<Record<string, unknown>>
  const known = Object.keys(shape)
  const problems: FieldProblem[] = Object.keys(members)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: name, problem: `is not a member; known are ${known.join(', ')}` }))
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(shape)) {
    const isGiven = Object.hasOwn(members, name)
    const read = isGiven ? field.read(members[name]) : field.otherwise
    if (read === undefined) problems.push({ path: name, problem: isGiven ? field.rule : 'is missing' })
    if (read instanceof Unfit) problems.push(...within(name, read))
    values[name] = read
  }
  return problems.length > 0 ? new Unfit(problems) : (values as Values<S>)
}

function within(name: string, { problems }: Unfit): FieldProblem[] {
  return problems.map(({ path, problem }) => ({ path: path === '' ? name : `${name}.${path}`, problem }))
}

/** One thing that is wrong. */
export function unfit(path: string, problem: string): Unfit {
  return new Unfit([{ path, problem }])
}

/** A field that may be left out. */
export function optional<T>(field: Field<T>, otherwise: T): Field<T> {
  return { ...field, otherwise }
}

/** What something is called. */
export const NAME: Field<string> = {
  read: (value) => (isName(value) ? value : undefined),
  rule: `must be ${NAME_RULE}`,
}

/** The id of a record; whether there is one is found out by asking for it. */
export const ID: Field<string> = {
  read: (value) => (isRecordId(value) ? value : undefined),
  rule: 'must be the id of a record',
}

/** What a record may be at first. */
export const FIRST_STATUS: Field<SpendStatus> = oneOf(['active', 'suspended'])

/** What a record may become. */
export const STATUS: Field<SpendStatus> = oneOf(['active', 'suspended', 'retired'])

/** How strictly a mandate is taken. */
export const MODE: Field<Mandate['mode']> = oneOf(['observe', 'enforce'])

// The last moment that RFC 3339 can write.
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** A moment, or none. */
export const MOMENT: Field<number | null> = {
  read: (value) => (value === null || isMoment(value) ? value : undefined),
  rule: `must be null or a wall clock time in whole milliseconds from 0 to ${LAST_MS}`,
}

const MAX_PROCESSORS = 100
const MAX_TEXT_LENGTH = 200
// A store or a log may cut a text at such a character, or refuse it.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/** The accounts that may ask under a mandate; one that is named twice counts once. */
export const PROCESSORS: Field<readonly string[]> = {
  read(value) {
    if (!Array.isArray(value) || value.length > MAX_PROCESSORS || !value.every(isShownText)) return undefined
    return Object.freeze([...new Set<string>(value)])
  },
  rule: `must be a list of at most ${MAX_PROCESSORS} account ids`,
}

const INSTRUMENT_TYPES = ['card', 'token', 'wallet', 'api_key'] as const
const INSTRUMENT_FIELDS = {
  type: oneOf<Instrument['type']>(INSTRUMENT_TYPES),
  id: {
    read: (value: unknown) => (isShownText(value) ? value : undefined),
    rule: `must be a text of 1 to ${MAX_TEXT_LENGTH} characters, none of them a control character, without spaces around it`,
  },
}

// What an API key looks like, whatever its prefix: 256 bits in base64url behind an underscore.
const API_KEY = /_[A-Za-z0-9_-]{43}$/

/** What a mandate is bound to. */
export const INSTRUMENT: Field<Instrument> = {
  read(value) {
    const read = readFields(value, INSTRUMENT_FIELDS)
    if (read instanceof Unfit) return read
    if (read.type === 'wallet' && !isWalletAddress(read.id)) return unfit('id', 'must be a Solana address')
    // A key must not be stored, and would never be found.
    return read.type === 'api_key' && API_KEY.test(read.id)
      ? unfit('id', 'must be the id of the credential, not the key')
      : Object.freeze(read)
  },
  rule: 'must be an object',
}

const RECORD_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a value can be the id of a record: none that is given out looks otherwise, so no store is asked for it. */
export function isRecordId(value: unknown): value is string {
  return typeof value === 'string' && RECORD_ID.test(value)
}

function oneOf<T extends string>(known: readonly T[]): Field<T> {
  return {
    read: (value) => known.find((text) => text === value),
    rule: `must be one of ${known.join(', ')}`,
  }
}

function isMoment(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LAST_MS
}

function isShownText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_TEXT_LENGTH &&
    value === value.trim() &&
    !UNPRINTABLE.test(value)
  )
}
