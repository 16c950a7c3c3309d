import type { PolicyTemplate } from './policy-templates.js'
import type { BudgetWindow } from './windows.js'

/** A ceiling on what is spent of one asset, or on how often, over a window. */
export interface Budget {
  /** Unique in its policy. What was spent is counted under it: another name begins anew. */
  readonly name: string
  readonly kind: 'amount' | 'count'
  /** Minor units, base units, or how often. */
  readonly limit: bigint
  /** A currency's code, or `mint:` and an address; null where spends of every asset are counted. */
  readonly asset: string | null
  readonly window: BudgetWindow
  /** JSON: what it is counted under, besides whose budget it is. */
  readonly key: string
}

/** Whom money may go to: names in the form in which they are compared, and as they were written. */
export interface MerchantRule {
  /** Null where everybody is allowed who is not denied. */
  readonly allow: ReadonlyMap<string, string> | null
  readonly deny: ReadonlyMap<string, string>
}

/** What money may be spent on: merchant category codes of four digits. */
export interface MccRule {
  /** Null where everything is allowed that is not denied. */
  readonly allow: ReadonlySet<string> | null
  readonly deny: ReadonlySet<string>
}

/** When money may be spent, by the clocks of a time zone. */
export interface Hours {
  readonly timeZone: string
  /** The days on which the hours begin: 0 is Monday, 6 is Sunday. */
  readonly days: ReadonlySet<number>
  /** Minutes since midnight, 0 to 1439. */
  readonly fromMinute: number
  /** Not included: 1 to 1440. Where it is before `fromMinute`, it is on the day after. */
  readonly toMinute: number
}

/**
 * A policy as it is decided by: read from a document, checked, and never changed. Assets are named as `assetOf` names
 * them.
 */
export interface SpendPolicy {
  readonly name: string
  readonly template: PolicyTemplate | null
  /** A spend in any other asset is refused. */
  readonly assets: ReadonlySet<string>
  /** The most that one transaction may come to, by asset. */
  readonly perTransaction: ReadonlyMap<string, bigint>
  /** Those on amounts, then those on counts, and by their names. */
  readonly budgets: readonly Budget[]
  readonly merchants: MerchantRule | null
  readonly mccs: MccRule | null
  readonly hours: Hours | null
  /** Above which amount somebody has to approve, by asset. */
  readonly approvalAbove: ReadonlyMap<string, bigint>
  /** How long somebody may take to approve, and what was approved may be used. */
  readonly approvalTtlMs: number
}
