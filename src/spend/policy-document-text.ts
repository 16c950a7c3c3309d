import { mintOf } from './money.js'
import type { Budget, Hours, MccRule, MerchantRule, SpendPolicy } from './policy.js'
import type { PolicyDocument, WireMoney, WireWindow } from './policy-document-shape.js'
import { DAYS } from './policy-document-time.js'
import type { BudgetWindow } from './windows.js'

/**
 * The document of a policy, with everything written out that it has by default or by its template. Lists whose order
 * means nothing are sorted. Reading it gives the same policy.
 */
export function policyDocumentOf(policy: SpendPolicy): PolicyDocument {
  const { template, assets, perTransaction, budgets, merchants, mccs, hours, approvalAbove } = policy
  const [currencies, mints] = [[] as string[], [] as string[]]
  for (const asset of [...assets].sort()) {
    const mint = mintOf(asset)
    if (mint === undefined) currencies.push(asset)
    else mints.push(mint)
  }
  const amounts = budgets.filter(({ kind }) => kind === 'amount')
  const counts = budgets.filter(({ kind }) => kind === 'count')
  return {
    name: policy.name,
    ...(template !== null && { template }),
    ...(currencies.length > 0 && { currencies }),
    ...(mints.length > 0 && { mints }),
    ...(perTransaction.size > 0 && { per_transaction: moneyOf(perTransaction) }),
    ...(amounts.length > 0 && { budgets: amounts.map(budgetOf) }),
    ...(counts.length > 0 && { counts: counts.map(countOf) }),
    ...(merchants !== null && { merchants: merchantsOf(merchants) }),
    ...(mccs !== null && { mccs: mccsOf(mccs) }),
    ...(hours !== null && { hours: hoursOf(hours) }),
    ...(approvalAbove.size > 0 && {
      approval: { above: moneyOf(approvalAbove), ttl_seconds: policy.approvalTtlMs / 1_000 },
    }),
  }
}

function wireMoney(amount: bigint, asset: string): WireMoney {
  const mint = mintOf(asset)
  return mint === undefined ? { amount: `${amount}`, currency: asset } : { amount: `${amount}`, mint }
}

function moneyOf(limits: ReadonlyMap<string, bigint>): readonly WireMoney[] {
  return [...limits]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([asset, amount]) => wireMoney(amount, asset))
}

function budgetOf({ name, limit, asset, window }: Budget): WireMoney & { name: string; window: WireWindow } {
  return { name, ...wireMoney(limit, asset ?? ''), window: windowOf(window) }
}

function countOf({ name, limit, window }: Budget): { name: string; count: number; window: WireWindow } {
  return { name, count: Number(limit), window: windowOf(window) }
}

function windowOf(window: BudgetWindow): WireWindow {
  if (window.kind === 'lifetime') return 'lifetime'
  if (window.kind === 'rolling') return { rolling_seconds: window.seconds }
  return { calendar: window.unit, time_zone: window.timeZone }
}

function merchantsOf({ allow, deny }: MerchantRule): { allow?: string[]; deny?: string[] } {
  const written = (names: ReadonlyMap<string, string>) =>
    [...names].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text)
  return {
    ...(allow !== null && { allow: written(allow) }),
    ...(deny.size > 0 && { deny: written(deny) }),
  }
}

function mccsOf({ allow, deny }: MccRule): { allow?: string[]; deny?: string[] } {
  return {
    ...(allow !== null && { allow: [...allow].sort() }),
    ...(deny.size > 0 && { deny: [...deny].sort() }),
  }
}

function hoursOf({ timeZone, days, fromMinute, toMinute }: Hours): NonNullable<PolicyDocument['hours']> {
  return {
    time_zone: timeZone,
    days: DAYS.filter((_day, at) => days.has(at)),
    from: clockOf(fromMinute),
    to: clockOf(toMinute),
  }
}

function clockOf(minute: number): string {
  const pad = (digits: number) => String(digits).padStart(2, '0')
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`
}
