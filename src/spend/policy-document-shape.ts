import type { PolicyTemplate } from './policy-templates.js'

/** A whole number from 1 to 2^64 - 1; above 2^53 - 1 a string of digits. */
export type WireAmount = number | string

/** An amount of one asset: minor units of an ISO 4217 currency, or base units of a token. Exactly one is named. */
export interface WireMoney {
  readonly amount: WireAmount
  readonly currency?: string
  /** The address of an SPL token's mint. */
  readonly mint?: string
}

/** For how long a budget counts: a day, week (from Monday) or month, the last so many seconds, or for ever. */
export type WireWindow =
  | { readonly calendar: 'day' | 'week' | 'month'; readonly time_zone: string }
  | { readonly rolling_seconds: number }
  | 'lifetime'

/** A day of the week. */
export type WireDay = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/**
 * A policy as it is written and stored, in JSON. It must limit something: `per_transaction`, `budgets` or `counts`.
 *
 * @example
 * const document: PolicyDocument = {
 *   name: 'office purchases',
 *   per_transaction: [{ amount: 5_000, currency: 'USD' }],
 *   budgets: [
 *     { name: 'monthly', amount: 100_000, currency: 'USD', window: { calendar: 'month', time_zone: 'Europe/Berlin' } },
 *   ],
 *   mccs: { deny: ['7995'] },
 * }
 */
export interface PolicyDocument {
  /** At most 200 characters. */
  readonly name: string
  /** What the policy is made from, and must agree with. Default none. */
  readonly template?: PolicyTemplate
  /** In what may be spent. Default: the currencies that `per_transaction` and `budgets` name. */
  readonly currencies?: readonly string[]
  /** In which tokens may be spent. Default: the mints that `per_transaction` and `budgets` name. */
  readonly mints?: readonly string[]
  /** The most that one transaction may come to. At most one for each asset. */
  readonly per_transaction?: readonly WireMoney[]
  /** What may be spent over a time. The name identifies the budget: one that is renamed begins anew, at nothing spent. */
  readonly budgets?: readonly (WireMoney & { readonly name: string; readonly window: WireWindow })[]
  /** How often may be spent over a time, 1 to 1,000,000,000. Renaming begins anew here too. */
  readonly counts?: readonly {
    readonly name: string
    readonly count: number
    readonly window: WireWindow
  }[]
  /** Whom money may go to. Case, width and spaces make no difference. A spend that names nobody is refused. */
  readonly merchants?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] }
  /** Merchant category codes. A spend without one is refused. */
  readonly mccs?: {
    readonly allow?: readonly (number | string)[]
    readonly deny?: readonly (number | string)[]
  }
  /** When may be spent. */
  readonly hours?: {
    readonly time_zone: string
    /** The days on which the hours begin. Default all. */
    readonly days?: readonly WireDay[]
    /** `HH:MM` by the clocks of the time zone. */
    readonly from: string
    /** Not included. Where it is before `from`, it is on the day after. `24:00` is the end of the day. */
    readonly to: string
  }
  /** What somebody has to approve. */
  readonly approval?: {
    /** Every spend of more than this; an amount of 0 asks about all. Left out only where the template says it. */
    readonly above?: readonly WireMoney[]
    /** How long an approval lasts, 1 to 2,592,000 seconds. Default 900. */
    readonly ttl_seconds?: number
  }
}
