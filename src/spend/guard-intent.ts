import type { Access } from '../access.js'
import { type Refused, refused } from '../decision.js'
import { GateError } from '../gate-error.js'
import { isOptions, unknownOptions } from '../option-check.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Action } from './evaluate.js'
import type { FieldProblem } from './field-problem.js'
import { readMcc } from './mcc.js'
import { AMOUNT_PROBLEM, mintOf, moneyOf, readAmount, readAsset } from './money.js'

/** A parsed body, of which nothing is known. Empty where the request has none. */
export type SpendBody = Readonly<Record<string, unknown>>

/** What a request is known by when it is asked what it will spend. */
export interface SpendInput<A extends Access = Access, Native = object, Body = SpendBody> {
  readonly access: A
  /** What the host's parser made of it; an empty object where there is none. */
  readonly body: Body
  /** The framework's own request; Koa's context. */
  readonly native: Native
}

interface Purchase {
  /** To whom: 1 to 200 characters. Null where it is not known. */
  readonly merchant?: unknown
  /** Merchant category code (ISO 18245): a number, or a string of at most four digits. Null where it is not known. */
  readonly mcc?: unknown
  /**
   * One key, one spend: 1 to 255 characters. The same credential (or wallet, with tokens) that sends the same key
   * to the same route again is answered 409 while the first runs and once it has spent, and 422 where it asks for something else. Without a key each
   * request spends anew.
   */
  readonly idempotencyKey?: unknown
}

/**
 * What a request will spend. Values may be the caller's own: whatever is not as it must be is refused with 400. An amount
 * is a bigint, a safe integer or a string of digits: minor units of the currency, or base units of the mint.
 */
export type SpendIntent =
  | (Purchase & { readonly amountMinor: unknown /** ISO 4217. */; readonly currency: unknown })
  | (Purchase & { readonly units: unknown /** An address. */; readonly mint: unknown })

/**
 * Says what a request will spend: null where that is nothing. It has `policyTimeoutMs`. An error of its own goes to the
 * host's error handling; what it throws that is no Error goes there as a GateError `ERR_GATE_OPTIONS`.
 */
export type SpendIntention<A extends Access = Access, Native = object, Body = SpendBody> = (
  input: SpendInput<A, Native, Body>,
  options: CallOptions,
) => SpendIntent | null | Promise<SpendIntent | null>

/** An intent that has been read. */
export interface AskedSpend {
  readonly action: Action
  readonly key: string | undefined
}

const MEMBERS = Object.keys({
  amountMinor: true,
  currency: true,
  units: true,
  mint: true,
  merchant: true,
  mcc: true,
  idempotencyKey: true,
} satisfies Record<keyof (Extract<SpendIntent, { mint: unknown }> & { amountMinor: 0; currency: 0 }), true>)

const MAX_MERCHANT_LENGTH = 200
const MAX_KEY_LENGTH = 255
// A store or a log may cut a text at such a character, or refuse it.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/**
 * Reads what a host's callback has answered. What is in it is the caller's; what it is made of is the host's.
 *
 * @param absentKey - What stands for no key, beside `undefined`.
 * @returns Null where nothing is to be spent.
 * @throws GateError `ERR_GATE_OPTIONS` where it is no intent: one that is forgotten must not let anybody spend.
 */
export function readIntent(intent: unknown, absentKey: unknown): AskedSpend | Refused | null {
  if (intent === null) return null
  if (!isOptions(intent)) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'reserveSpend: the callback must answer what is to be spent, or null where that is nothing',
    ])
  }
  const unknown = unknownOptions('reserveSpend: the answer', intent, MEMBERS)
  if (unknown.length > 0) throw new GateError('ERR_GATE_OPTIONS', unknown)
  const { merchant = null, mcc = null, idempotencyKey, ...members } = intent as Record<string, unknown>
  const money = readIntendedMoney(members)
  if ('problem' in money) return invalid(money.path, money.problem)
  if (merchant !== null && !isMerchant(merchant)) {
    return invalid(
      'merchant',
      `must be a text of 1 to ${MAX_MERCHANT_LENGTH} characters, none of them a control character`,
    )
  }
  const code = mcc === null ? null : readMcc(mcc)
  if (code === undefined) return invalid('mcc', 'must be a merchant category code of at most four digits')
  const key = idempotencyKey === absentKey ? undefined : idempotencyKey
  if (key !== undefined && !isKey(key)) {
    return invalid('idempotencyKey', `must be a text of 1 to ${MAX_KEY_LENGTH} characters`)
  }
  return { action: { money, merchant, mcc: code }, key }
}

function readIntendedMoney(members: Readonly<Record<string, unknown>>): Action['money'] | FieldProblem {
  const asset = readAsset(members)
  if (typeof asset !== 'string') return asset
  const [path, other] = mintOf(asset) === undefined ? ['amountMinor', 'units'] : ['units', 'amountMinor']
  if (members[other] !== undefined) return { path: other, problem: `cannot stand beside ${path}` }
  const amount = readAmount(members[path])
  return amount === undefined ? { path, problem: AMOUNT_PROBLEM } : moneyOf(amount, asset)
}

function isMerchant(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_MERCHANT_LENGTH &&
    value.trim() !== '' &&
    !UNPRINTABLE.test(value)
  )
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_KEY_LENGTH
}

function invalid(path: string, problem: string): Refused {
  return refused('body_invalid', { problem: `${path} ${problem}` })
}
