import type { BudgetState } from '../spend/decision-view.js'
import { timestampOf, wireAmountOf, wireAssetOf } from './decisions-amount.js'

/** What is left of one limit, as it is answered. A window is written as in a policy. */
export function budgetViewOf({
  name,
  kind,
  limit,
  remaining,
  asset,
  window,
  resetsAtMs,
}: BudgetState): object {
  return {
    name,
    kind,
    limit: wireAmountOf(limit),
    remaining: wireAmountOf(remaining),
    ...(asset !== null && wireAssetOf(asset)),
    window: windowViewOf(window),
    resets_at: timestampOf(resetsAtMs),
  }
}

function windowViewOf(window: BudgetState['window']): object | string {
  if (window.kind === 'lifetime') return 'lifetime'
  if (window.kind === 'rolling') return { rolling_seconds: window.seconds }
  return { calendar: window.unit, time_zone: window.timeZone }
}
