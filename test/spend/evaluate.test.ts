import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCalendar } from '../../src/spend/calendar.js'
import { type Action, evaluatePolicy } from '../../src/spend/evaluate.js'
import type { SpendPolicy } from '../../src/spend/policy.js'
import { isRefusedPolicy, readPolicyDocument } from '../../src/spend/policy-document.js'

const calendar = await loadCalendar()
const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
// A Wednesday.
const NOW = Date.parse('2024-06-12T12:00Z')
const usd = (amount: number | bigint): Action => ({
  money: { amountMinor: BigInt(amount), currency: 'USD' },
  merchant: 'Figma Inc.',
  mcc: '7372',
})
const BASE = { name: 'p', per_transaction: [{ amount: 5_000, currency: 'USD' }] }

function policyOf(members: object): SpendPolicy {
  const read = readPolicyDocument({ ...BASE, ...members })
  if (isRefusedPolicy(read)) throw new Error(JSON.stringify(read))
  return read
}

function evaluate(members: object, action: Partial<Action> = {}, atMs = NOW) {
  return evaluatePolicy(policyOf(members), { ...usd(100), ...action }, 'live:m1', atMs, calendar)
}

/** What each check came to, such as `currency PASS`, `mcc MCC_DENIED`. */
function verdictsOf(members: object, action?: Partial<Action>, atMs?: number): readonly string[] {
  return evaluate(members, action, atMs).checks.map(
    ({ check, result, reasonCode }) => `${check} ${result === 'PASS' ? result : reasonCode}`,
  )
}

const ruleVerdict = (members: object, action?: Partial<Action>, atMs?: number) =>
  verdictsOf(members, action, atMs)[1]

describe('the checks of a policy', () => {
  const FULL = {
    merchants: { allow: ['Figma Inc.'], deny: ['Evil Corp'] },
    mccs: { allow: [7372] },
    hours: { time_zone: 'UTC', from: '08:00', to: '18:00' },
  }

  it('are those that it asks for, in one order', () => {
    expect(verdictsOf(FULL)).toEqual([
      'currency PASS',
      'merchant PASS',
      'mcc PASS',
      'hours PASS',
      'per_transaction_limit PASS',
    ])
    expect(verdictsOf({})).toEqual(['currency PASS', 'per_transaction_limit PASS'])
  })

  it('are all listed where several fail, with a code and a detail each', () => {
    const action = { ...usd(5_001), merchant: 'Evil Corp', mcc: '7995' }
    expect(verdictsOf(FULL, action, NOW + 7 * 3_600_000)).toEqual([
      'currency PASS',
      'merchant MERCHANT_DENIED',
      'mcc MCC_NOT_ALLOWED',
      'hours OUTSIDE_HOURS',
      'per_transaction_limit LIMIT_PER_TRANSACTION',
    ])
    for (const { result, detail } of evaluate(FULL, action).checks) {
      expect(typeof detail).toBe(result === 'FAIL' ? 'string' : 'undefined')
    }
  })

  it('carry the code that they would fail with where they pass', () => {
    expect(evaluate(FULL).checks.map(({ reasonCode }) => reasonCode)).toEqual([
      'CURRENCY_NOT_ALLOWED',
      'MERCHANT_NOT_ALLOWED',
      'MCC_NOT_ALLOWED',
      'OUTSIDE_HOURS',
      'LIMIT_PER_TRANSACTION',
    ])
  })

  it('let no asset pass but those of the policy, and have no limit for others', () => {
    const euros = { money: { amountMinor: 1n, currency: 'EUR' } }
    const tokens = { money: { units: 1n, mint: MINT } }
    expect(verdictsOf({}, euros)).toEqual(['currency CURRENCY_NOT_ALLOWED'])
    expect(verdictsOf({}, tokens)).toEqual(['currency CURRENCY_NOT_ALLOWED'])
    const counts = [{ name: 'c', count: 1, window: 'lifetime' }]
    expect(verdictsOf({ mints: [MINT], counts }, tokens)).toEqual(['currency PASS'])
  })

  it.each([
    [4_999n, 'PASS'],
    [5_000n, 'PASS'],
    [5_001n, 'LIMIT_PER_TRANSACTION'],
    [2n ** 64n - 1n, 'LIMIT_PER_TRANSACTION'],
  ])('put %s under a limit of 5000: %s', (amount, verdict) => {
    expect(verdictsOf({}, usd(amount))[1]).toBe(`per_transaction_limit ${verdict}`)
  })

  it.each<[object, string | null, string]>([
    [{ allow: ['Figma Inc.'] }, ' FIGMA  inc.', 'PASS'],
    [{ allow: ['Figma Inc.'] }, 'Figma', 'MERCHANT_NOT_ALLOWED'],
    [{ allow: ['Figma Inc.'] }, null, 'MERCHANT_MISSING'],
    [{ allow: ['Figma Inc.'] }, ' \u200b', 'MERCHANT_MISSING'],
    [{ deny: ['Figma Inc.'] }, 'ｆigma INC.', 'MERCHANT_DENIED'],
    [{ deny: ['Figma Inc.'] }, 'Fig\u00adma Inc.', 'MERCHANT_DENIED'],
    [{ deny: ['Figma Inc.'] }, 'Adobe', 'PASS'],
    [{ deny: ['Figma Inc.'] }, null, 'MERCHANT_MISSING'],
    [{ allow: ['Adobe'], deny: ['Figma Inc.'] }, 'Figma Inc.', 'MERCHANT_DENIED'],
  ])('put merchants %j to %j: %s', (merchants, merchant, verdict) => {
    expect(ruleVerdict({ merchants }, { merchant })).toBe(`merchant ${verdict}`)
  })

  it.each<[object, string | null, string]>([
    [{ allow: [742] }, '0742', 'PASS'],
    [{ allow: [742] }, '7420', 'MCC_NOT_ALLOWED'],
    [{ allow: [742] }, null, 'MCC_MISSING'],
    [{ deny: ['7995'] }, '7995', 'MCC_DENIED'],
    [{ deny: ['7995'] }, '7994', 'PASS'],
    [{ deny: ['7995'] }, null, 'MCC_MISSING'],
    [{ allow: [742], deny: ['7995'] }, '7995', 'MCC_DENIED'],
  ])('put codes %j to %j: %s', (mccs, mcc, verdict) => {
    expect(ruleVerdict({ mccs }, { mcc })).toBe(`mcc ${verdict}`)
  })

  const DAY = { time_zone: 'Europe/Berlin', from: '08:00', to: '18:00' }
  const NIGHT = { time_zone: 'Europe/Berlin', days: ['wed'], from: '22:00', to: '06:00' }
  it.each<[object, string, 'PASS' | 'OUTSIDE_HOURS']>([
    [DAY, '2024-06-12T05:59:59.999Z', 'OUTSIDE_HOURS'],
    [DAY, '2024-06-12T06:00Z', 'PASS'],
    [DAY, '2024-06-12T15:59:59.999Z', 'PASS'],
    [DAY, '2024-06-12T16:00Z', 'OUTSIDE_HOURS'],
    // The clocks of winter.
    [DAY, '2024-12-11T06:59Z', 'OUTSIDE_HOURS'],
    [DAY, '2024-12-11T07:00Z', 'PASS'],
    // The day on which they are turned.
    [DAY, '2024-03-31T05:59Z', 'OUTSIDE_HOURS'],
    [DAY, '2024-03-31T06:00Z', 'PASS'],
    [{ ...DAY, days: ['thu', 'wed'] }, '2024-06-12T12:00Z', 'PASS'],
    [{ ...DAY, days: ['thu', 'tue'] }, '2024-06-12T12:00Z', 'OUTSIDE_HOURS'],
    [{ ...DAY, days: ['wed'], from: '00:00', to: '24:00' }, '2024-06-11T22:00Z', 'PASS'],
    [{ ...DAY, days: ['wed'], from: '00:00', to: '24:00' }, '2024-06-12T21:59:59.999Z', 'PASS'],
    [{ ...DAY, days: ['wed'], from: '00:00', to: '24:00' }, '2024-06-12T22:00Z', 'OUTSIDE_HOURS'],
    [{ ...DAY, from: '20:00', to: '00:00' }, '2024-06-12T21:59Z', 'PASS'],
    [{ ...DAY, from: '20:00', to: '00:00' }, '2024-06-12T22:00Z', 'OUTSIDE_HOURS'],
    // The night of a Wednesday ends on Thursday.
    [NIGHT, '2024-06-12T19:59Z', 'OUTSIDE_HOURS'],
    [NIGHT, '2024-06-12T20:00Z', 'PASS'],
    [NIGHT, '2024-06-13T03:59:59.999Z', 'PASS'],
    [NIGHT, '2024-06-13T04:00Z', 'OUTSIDE_HOURS'],
    [NIGHT, '2024-06-13T20:00Z', 'OUTSIDE_HOURS'],
    [NIGHT, '2024-06-12T02:00Z', 'OUTSIDE_HOURS'],
    [{ ...NIGHT, days: ['sun'] }, '2024-06-17T02:00Z', 'PASS'],
  ])('put the hours %j to %s: %s', (hours, moment, verdict) => {
    expect(ruleVerdict({ hours }, {}, Date.parse(moment))).toBe(`hours ${verdict}`)
  })
})

describe('what a spend takes', () => {
  const MONTH = { calendar: 'month', time_zone: 'UTC' }
  const BUDGETS = {
    budgets: [
      { name: 'monthly', amount: 100_000, currency: 'USD', window: MONTH },
      { name: 'hourly', amount: 20_000, currency: 'USD', window: { rolling_seconds: 3_600 } },
      { name: 'euros', amount: 20_000, currency: 'EUR', window: 'lifetime' },
      { name: 'tokens', amount: '18446744073709551615', mint: MINT, window: 'lifetime' },
    ],
    counts: [{ name: 'per day', count: 10, window: { calendar: 'day', time_zone: 'Europe/Berlin' } }],
  }

  it('is something of each budget on its asset, and of each count', () => {
    const { takes, budgets } = evaluate(BUDGETS)
    const monthStart = Date.parse('2024-06-01T00:00Z')
    const dayStart = Date.parse('2024-06-11T22:00Z')
    const hourAgo = NOW - 3_600_000
    expect(takes).toEqual([
      {
        ...{ key: '["live:m1",["amount","rolling","hourly","USD"]]', measures: 'amount', limit: 20_000n },
        ...{ atMs: Math.floor(NOW / 4_000) * 4_000, fromMs: Math.floor(hourAgo / 4_000) * 4_000 },
        ...{ toMs: Number.MAX_SAFE_INTEGER, keepFromMs: Math.floor(hourAgo / 4_000) * 4_000 - 3_600_000 },
      },
      {
        ...{ key: '["live:m1",["amount","calendar","monthly","USD"]]', measures: 'amount', limit: 100_000n },
        ...{
          atMs: monthStart,
          fromMs: monthStart,
          toMs: monthStart,
          keepFromMs: monthStart - 62 * 86_400_000,
        },
      },
      {
        ...{ key: '["live:m1",["count","calendar","per day",null]]', measures: 'count', limit: 10n },
        ...{ atMs: dayStart, fromMs: dayStart, toMs: dayStart, keepFromMs: dayStart - 62 * 86_400_000 },
      },
    ])
    expect(budgets).toEqual([
      {
        ...{ name: 'hourly', kind: 'amount', limit: 20_000n, asset: 'USD', resetsAtMs: null },
        window: { kind: 'rolling', seconds: 3_600 },
      },
      {
        ...{ name: 'monthly', kind: 'amount', limit: 100_000n, asset: 'USD' },
        ...{
          window: { kind: 'calendar', unit: 'month', timeZone: 'UTC' },
          resetsAtMs: Date.parse('2024-07-01'),
        },
      },
      {
        ...{ name: 'per day', kind: 'count', limit: 10n, asset: null },
        window: { kind: 'calendar', unit: 'day', timeZone: 'Europe/Berlin' },
        resetsAtMs: Date.parse('2024-06-12T22:00Z'),
      },
    ])
  })

  it.each<[string, Action['money'], string[]]>([
    ['euros', { amountMinor: 1n, currency: 'EUR' }, ['euros', 'per day']],
    ['tokens', { units: 1n, mint: MINT }, ['tokens', 'per day']],
    ['an asset that is not allowed', { amountMinor: 1n, currency: 'JPY' }, ['per day']],
  ])('is nothing of the budgets on other assets: %s', (_what, money, names) => {
    expect(evaluate(BUDGETS, { money }).budgets.map(({ name }) => name)).toEqual(names)
  })

  it('is counted apart wherever whose it is, what it is or its name differ', () => {
    // Whatever a name or a scope holds, it cannot pass for another.
    const part = fc.oneof(
      fc.constantFrom('a', 'a"', '","', '[', ']', '\\', 'a\\', 'amount', 'null', 'USD', ','),
      fc.string({ minLength: 1, maxLength: 5 }).map((text) => `x${text.replace(/\p{Cc}/gu, '')}`),
    )
    const place = fc.record({
      scope: part,
      name: part,
      currency: fc.constantFrom('USD', 'EUR', null),
      window: fc.constantFrom<unknown>('lifetime', { rolling_seconds: 5 }, MONTH),
    })
    fc.assert(
      fc.property(place, place, (one, other) => {
        expect(keyAt(one) === keyAt(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
      { numRuns: 500 },
    )
  })

  it('has a key of its own for every budget of a policy', () => {
    const { takes } = evaluate(BUDGETS)
    expect(new Set(takes.map(({ key }) => key)).size).toBe(takes.length)
  })

  it('stays where it was when the clock is set back within a window, and is in the one before behind its edge', () => {
    const edge = Date.parse('2024-06-12T22:00Z')
    const dayOf = (atMs: number) => evaluate(BUDGETS, {}, atMs).takes[2]?.atMs
    expect([dayOf(edge - 1), dayOf(edge), dayOf(edge - 1)]).toEqual([
      Date.parse('2024-06-11T22:00Z'),
      edge,
      Date.parse('2024-06-11T22:00Z'),
    ])
  })
})

describe('an approval', () => {
  const approval = { above: [{ amount: 1_000, currency: 'USD' }] }
  it.each([
    [approval, usd(1_000), false],
    [approval, usd(1_001), true],
    [{ above: [{ amount: 0, currency: 'USD' }] }, usd(1), true],
    [undefined, usd(4_999), false],
  ])('by %o is needed for %o: %s', (given, action, needed) => {
    expect(evaluate({ ...(given && { approval: given }) }, action).needsApproval).toBe(needed)
  })

  it('is not needed for another asset', () => {
    const counts = [{ name: 'c', count: 1, window: 'lifetime' }]
    const action = { money: { amountMinor: 1_001n, currency: 'EUR' } }
    expect(evaluate({ approval, counts, currencies: ['USD', 'EUR'] }, action).needsApproval).toBe(false)
  })

  it('is needed for every spend under human-review-required', () => {
    expect(evaluate({ template: 'human-review-required' }, usd(1)).needsApproval).toBe(true)
  })
})

/** What the budget of a name is counted under, or a count's where there is no currency. */
function keyAt(place: { scope: string; name: string; currency: string | null; window: unknown }) {
  const { scope, name, window } = place
  const currency = place.currency ?? 'USD'
  const limits =
    place.currency === null
      ? { counts: [{ name, count: 1, window }] }
      : { budgets: [{ name, amount: 5_000, currency, window }] }
  const policy = policyOf({ per_transaction: [{ amount: 5_000, currency }], ...limits })
  const action = { money: { amountMinor: 1n, currency }, merchant: null, mcc: null }
  return evaluatePolicy(policy, action, scope, NOW, calendar).takes[0]?.key
}
