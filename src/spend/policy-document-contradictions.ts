import {
  assetsOf,
  type DraftLimit,
  type DraftRule,
  type PolicyDraft,
  smallestBudget,
} from './policy-document-draft.js'
import type { DocumentReader } from './policy-document-reader.js'

/** Notes where a policy says what can never hold, or limits nothing. */
export function noteContradictions(draft: PolicyDraft, reader: DocumentReader): void {
  noteRepeatedNames(draft, reader)
  noteBoth(draft.merchants, reader)
  noteBoth(draft.mccs, reader)
  noteForeignAssets(draft, reader)
  noteUnreachable(draft, reader)
  noteUnlimited(draft, reader)
}

function noteRepeatedNames({ budgets }: PolicyDraft, reader: DocumentReader): void {
  const names = new Set<string>()
  for (const { name, path } of budgets) {
    if (names.has(name)) reader.note(`${path}.name`, 'is the name of another budget or count')
    names.add(name)
  }
}

function noteBoth(rule: DraftRule | undefined, reader: DocumentReader): void {
  const allowed = new Set(rule?.allow?.map(({ key }) => key))
  for (const { key, path } of rule?.deny ?? []) {
    if (allowed.has(key)) reader.note(path, 'is allowed and denied')
  }
}

function noteForeignAssets(draft: PolicyDraft, reader: DocumentReader): void {
  const assets = assetsOf(draft)
  for (const { asset, path } of [...draft.perTransaction, ...draft.budgets, ...aboveOf(draft)]) {
    if (asset === null || assets.has(asset)) continue
    const [list, member] = asset.startsWith('mint:') ? ['mints', 'mint'] : ['currencies', 'currency']
    const isKnown = !['currencies', 'mints', 'per_transaction', 'budgets'].some((name) =>
      reader.hasProblemsIn(name),
    )
    if (isKnown) reader.note(`${path}.${member}`, `is not one of the ${list} of this policy`)
  }
}

function noteUnreachable(draft: PolicyDraft, reader: DocumentReader): void {
  const { perTransaction, budgets } = draft
  for (const { path, asset, amount } of perTransaction) {
    const budget = smallestBudget(budgets, asset)
    if (budget !== undefined && amount > budget.limit) {
      reader.note(`${path}.amount`, `can never be reached: ${quoted(budget.name)} allows ${budget.limit}`)
    }
  }
  for (const { path, asset, amount } of aboveOf(draft)) {
    const limit = perTransaction.find((one) => one.asset === asset)
    const budget = smallestBudget(budgets, asset)
    if (limit !== undefined && amount >= limit.amount) {
      reader.note(
        `${path}.amount`,
        `can never be exceeded: per_transaction allows ${limit.amount}, so nobody would be asked`,
      )
    } else if (budget !== undefined && amount >= budget.limit) {
      reader.note(
        `${path}.amount`,
        `can never be exceeded: ${quoted(budget.name)} allows ${budget.limit}, so nobody would be asked`,
      )
    }
  }
}

function noteUnlimited(draft: PolicyDraft, reader: DocumentReader): void {
  const { perTransaction, budgets, currencies = [], mints = [] } = draft
  // A limit that could not be read is a limit all the same.
  if (['per_transaction', 'budgets', 'counts'].some((name) => reader.hasProblemsIn(name))) return
  if (perTransaction.length + budgets.length === 0) {
    // It brings limits, once it knows of which currency.
    if (draft.template === 'low-risk' || reader.hasProblemsIn('template')) return
    reader.note('per_transaction', 'is missing: a policy needs it, or budgets, or counts')
    return
  }
  if (budgets.some(({ kind }) => kind === 'count')) {
    const isNamed = ['currencies', 'mints'].some((name) => reader.hasProblemsIn(name))
    if (assetsOf(draft).size === 0 && !isNamed) {
      reader.note('currencies', 'is missing: no limit names a currency or a mint')
    }
    return
  }
  const limited = new Set([...perTransaction, ...budgets].map(({ asset }) => asset))
  for (const { asset, path } of [...currencies, ...mints]) {
    if (!limited.has(asset)) {
      reader.note(path, 'has no limit: name it in per_transaction or in a budget, or add a count')
    }
  }
}

function aboveOf({ approval }: PolicyDraft): readonly DraftLimit[] {
  return approval?.above ?? []
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
