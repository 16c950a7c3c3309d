import type { Budget, Hours, SpendPolicy } from './policy.js'
import {
  assetsOf,
  type DraftBudget,
  type DraftEntry,
  type DraftRule,
  type PolicyDraft,
} from './policy-document-draft.js'
import { DEFAULT_APPROVAL_SECONDS } from './policy-document-limits.js'

/** The policy of a draft with which nothing is wrong. */
export function toPolicy(draft: PolicyDraft): SpendPolicy {
  const { approval, hours } = draft
  const amounts = (limits: readonly { asset: string; amount: bigint }[]) =>
    new Map(limits.map(({ asset, amount }) => [asset, amount]))
  return Object.freeze({
    name: draft.name,
    template: draft.template ?? null,
    assets: assetsOf(draft),
    perTransaction: amounts(draft.perTransaction),
    budgets: Object.freeze(draft.budgets.map(toBudget).sort(inOrder)),
    merchants: toRule(draft.merchants, (entries) => new Map(entries.map(({ key, text }) => [key, text]))),
    mccs: toRule(draft.mccs, (entries) => new Set(entries.map(({ key }) => key))),
    hours: hours === undefined ? null : toHours(hours),
    approvalAbove: amounts(approval?.above ?? []),
    approvalTtlMs: (approval?.ttlSeconds ?? DEFAULT_APPROVAL_SECONDS) * 1_000,
  })
}

function toBudget({ name, kind, limit, asset, window }: DraftBudget): Budget {
  // By the kind of its window too: moments of the calendar and steps of a rolling window mean different things.
  const key = JSON.stringify([kind, window.kind, name, asset])
  return Object.freeze({ name, kind, limit, asset, window: Object.freeze(window), key })
}

function inOrder(one: Budget, other: Budget): number {
  if (one.kind !== other.kind) return one.kind === 'amount' ? -1 : 1
  return one.name < other.name ? -1 : 1
}

function toRule<T extends { readonly size: number }>(
  rule: DraftRule | undefined,
  collect: (entries: readonly DraftEntry[]) => T,
): { readonly allow: T | null; readonly deny: T } | null {
  if (rule === undefined || (rule.allow === undefined && rule.deny.length === 0)) return null
  return Object.freeze({
    allow: rule.allow === undefined ? null : collect(rule.allow),
    deny: collect(rule.deny),
  })
}

function toHours({ timeZone, days, fromMinute, toMinute }: NonNullable<PolicyDraft['hours']>): Hours {
  return Object.freeze({ timeZone, days: new Set(days), fromMinute, toMinute })
}
