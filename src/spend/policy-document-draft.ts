import type { PolicyTemplate } from './policy-templates.js'
import type { BudgetWindow } from './windows.js'

/** An asset that a document names. */
export interface DraftAsset {
  readonly path: string
  readonly asset: string
}

/** An amount that a document names. */
export interface DraftLimit extends DraftAsset {
  readonly amount: bigint
}

/** A budget or a count that a document names. */
export interface DraftBudget {
  readonly path: string
  readonly name: string
  readonly kind: 'amount' | 'count'
  readonly limit: bigint
  readonly asset: string | null
  readonly window: BudgetWindow
}

/** A merchant or a code that a document names. */
export interface DraftEntry {
  readonly path: string
  /** What it is compared by. */
  readonly key: string
  /** As it was written. */
  readonly text: string
}

/** Two lists, each with what could be read of it. */
export interface DraftRule {
  readonly allow: readonly DraftEntry[] | undefined
  readonly deny: readonly DraftEntry[]
}

/** The hours of a document. */
export interface DraftHours {
  readonly timeZone: string
  readonly days: readonly number[]
  readonly fromMinute: number
  readonly toMinute: number
}

/** What could be read of a document: whatever is wrong is left out, and noted elsewhere. */
export interface PolicyDraft {
  readonly name: string
  readonly template: PolicyTemplate | undefined
  readonly currencies: readonly DraftAsset[] | undefined
  readonly mints: readonly DraftAsset[] | undefined
  readonly perTransaction: readonly DraftLimit[]
  /** Those on amounts, then those on counts. */
  readonly budgets: readonly DraftBudget[]
  readonly merchants: DraftRule | undefined
  readonly mccs: DraftRule | undefined
  readonly hours: DraftHours | undefined
  readonly approval:
    | { readonly above: readonly DraftLimit[] | undefined; readonly ttlSeconds: number }
    | undefined
}

/** The currencies and mints that may be spent: those named, or else those that limits name. */
export function assetsOf({ currencies, mints, perTransaction, budgets }: PolicyDraft): ReadonlySet<string> {
  const limited = [...perTransaction, ...budgets].flatMap(({ asset }) => asset ?? [])
  const isMint = (asset: string) => asset.startsWith('mint:')
  return new Set([
    ...(currencies?.map(({ asset }) => asset) ?? limited.filter((asset) => !isMint(asset))),
    ...(mints?.map(({ asset }) => asset) ?? limited.filter(isMint)),
  ])
}

/** The most that can ever be spent of an asset at once, by the budgets on it. */
export function smallestBudget(budgets: readonly DraftBudget[], asset: string): DraftBudget | undefined {
  return budgets
    .filter((budget) => budget.asset === asset)
    .reduce<DraftBudget | undefined>(
      (least, budget) => (least === undefined || budget.limit < least.limit ? budget : least),
      undefined,
    )
}
