import type { Calendar } from './calendar.js'
import type { Action, Check } from './evaluate.js'
import { foldMerchant } from './merchant.js'
import { amountOf, assetOf, describeMoney } from './money.js'
import type { Hours, MccRule, MerchantRule, SpendPolicy } from './policy.js'

interface Failure {
  readonly reasonCode: string
  readonly detail: string
}

/** Everything that a policy asks of one action by itself, in a fixed order. */
export function checkPolicy(
  policy: SpendPolicy,
  action: Action,
  atMs: number,
  calendar: Calendar,
): readonly Check[] {
  const { merchants, mccs, hours } = policy
  const asset = assetOf(action.money)
  const limit = policy.perTransaction.get(asset)
  const checks = [
    check(
      'currency',
      'CURRENCY_NOT_ALLOWED',
      policy.assets.has(asset) ? undefined : because('CURRENCY_NOT_ALLOWED', 'not an asset of the policy'),
    ),
  ]
  if (merchants !== null) {
    checks.push(check('merchant', codeOf('MERCHANT', merchants), merchantFailure(merchants, action)))
  }
  if (mccs !== null) checks.push(check('mcc', codeOf('MCC', mccs), mccFailure(mccs, action)))
  if (hours !== null) checks.push(check('hours', 'OUTSIDE_HOURS', hoursFailure(hours, atMs, calendar)))
  if (limit !== undefined) {
    const failure =
      amountOf(action.money) > limit
        ? because('LIMIT_PER_TRANSACTION', `${describeMoney(action.money)}: at most ${limit} at once`)
        : undefined
    checks.push(check('per_transaction_limit', 'LIMIT_PER_TRANSACTION', failure))
  }
  return checks
}

function check(name: string, reasonCode: string, failure: Failure | undefined): Check {
  return failure === undefined
    ? { check: name, result: 'PASS', reasonCode }
    : { check: name, result: 'FAIL', ...failure }
}

function because(reasonCode: string, detail: string): Failure {
  return { reasonCode, detail }
}

function codeOf(what: 'MERCHANT' | 'MCC', rule: MerchantRule | MccRule): string {
  return rule.allow === null ? `${what}_DENIED` : `${what}_NOT_ALLOWED`
}

function merchantFailure({ allow, deny }: MerchantRule, { merchant }: Action): Failure | undefined {
  const name = merchant === null ? '' : foldMerchant(merchant)
  // A list of whom not to pay is no use where leaving the name out is enough.
  if (name === '') return because('MERCHANT_MISSING', 'the policy names merchants, and the spend names none')
  if (deny.has(name)) return because('MERCHANT_DENIED', 'the policy denies this merchant')
  return allow === null || allow.has(name)
    ? undefined
    : because('MERCHANT_NOT_ALLOWED', 'not a merchant that the policy allows')
}

function mccFailure({ allow, deny }: MccRule, { mcc }: Action): Failure | undefined {
  if (mcc === null) return because('MCC_MISSING', 'the policy names codes, and the spend has none')
  if (deny.has(mcc)) return because('MCC_DENIED', `the policy denies ${mcc}`)
  return allow === null || allow.has(mcc)
    ? undefined
    : because('MCC_NOT_ALLOWED', `${mcc} is no code that the policy allows`)
}

function hoursFailure(
  { timeZone, days, fromMinute, toMinute }: Hours,
  atMs: number,
  calendar: Calendar,
): Failure | undefined {
  const { weekday, minuteOfDay } = calendar.localTimeAt(timeZone, atMs)
  const isOvernight = toMinute < fromMinute
  const begunToday = days.has(weekday) && minuteOfDay >= fromMinute && (isOvernight || minuteOfDay < toMinute)
  const begunYesterday = isOvernight && days.has((weekday + 6) % 7) && minuteOfDay < toMinute
  return begunToday || begunYesterday
    ? undefined
    : because('OUTSIDE_HOURS', `outside the hours of the policy, which are those of ${timeZone}`)
}
