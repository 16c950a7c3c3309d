import { describe, expect, it } from 'vitest'
import type { FieldProblem } from '../../src/spend/field-problem.js'
import type { SpendPolicy } from '../../src/spend/policy.js'
import { isRefusedPolicy, readPolicyDocument } from '../../src/spend/policy-document.js'

const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
const usd = (amount: unknown) => ({ amount, currency: 'USD' })
const BASE = { name: 'office purchases', per_transaction: [usd(5_000)] }

function policyOf(members: object): SpendPolicy {
  const read = readPolicyDocument({ ...BASE, ...members })
  if (isRefusedPolicy(read)) throw new Error(JSON.stringify(read))
  return read
}

function problemsOf(document: unknown): readonly FieldProblem[] {
  const read = readPolicyDocument(document)
  return isRefusedPolicy(read) ? read : []
}

describe('a policy document', () => {
  it('is read whole', () => {
    const policy = policyOf({
      currencies: ['USD', 'EUR'],
      mints: [MINT],
      per_transaction: [usd(5_000), { amount: '18446744073709551615', mint: MINT }],
      budgets: [
        { name: 'monthly', ...usd(100_000), window: { calendar: 'month', time_zone: 'Europe/Berlin' } },
        { name: 'hourly', ...usd('20000'), window: { rolling_seconds: 3_600 } },
        { name: 'ever', ...usd(1_000_000), window: 'lifetime' },
      ],
      counts: [{ name: 'per day', count: 10, window: { calendar: 'day', time_zone: 'UTC' } }],
      merchants: { allow: ['Figma  Inc.'], deny: [] },
      mccs: { allow: [5411, '0742'], deny: ['7995'] },
      hours: { time_zone: 'europe/berlin', days: ['tue', 'mon'], from: '08:00', to: '18:30' },
      approval: { above: [usd(1_000)], ttl_seconds: 60 },
    })
    expect(policy).toEqual({
      name: 'office purchases',
      template: null,
      assets: new Set(['USD', 'EUR', `mint:${MINT}`]),
      perTransaction: new Map([
        ['USD', 5_000n],
        [`mint:${MINT}`, 2n ** 64n - 1n],
      ]),
      budgets: [
        {
          ...{ name: 'ever', kind: 'amount', limit: 1_000_000n, asset: 'USD' },
          ...{ window: { kind: 'lifetime' }, key: '["amount","lifetime","ever","USD"]' },
        },
        {
          ...{ name: 'hourly', kind: 'amount', limit: 20_000n, asset: 'USD' },
          ...{ window: { kind: 'rolling', seconds: 3_600 }, key: '["amount","rolling","hourly","USD"]' },
        },
        {
          ...{ name: 'monthly', kind: 'amount', limit: 100_000n, asset: 'USD' },
          window: { kind: 'calendar', unit: 'month', timeZone: 'Europe/Berlin' },
          key: '["amount","calendar","monthly","USD"]',
        },
        {
          ...{ name: 'per day', kind: 'count', limit: 10n, asset: null },
          window: { kind: 'calendar', unit: 'day', timeZone: 'UTC' },
          key: '["count","calendar","per day",null]',
        },
      ],
      merchants: { allow: new Map([['figma inc.', 'Figma  Inc.']]), deny: new Map() },
      mccs: { allow: new Set(['5411', '0742']), deny: new Set(['7995']) },
      hours: { timeZone: 'Europe/Berlin', days: new Set([0, 1]), fromMinute: 480, toMinute: 1_110 },
      approvalAbove: new Map([['USD', 1_000n]]),
      approvalTtlMs: 60_000,
    })
    expect(
      [policy, policy.budgets, policy.budgets[0], policy.budgets[0]?.window].every(Object.isFrozen),
    ).toBe(true)
  })

  it('allows the assets that its limits name where it names none', () => {
    const members = { budgets: [{ name: 'tokens', amount: 5, mint: MINT, window: 'lifetime' }] }
    expect(policyOf(members).assets).toEqual(new Set(['USD', `mint:${MINT}`]))
    expect(policyOf({ ...members, currencies: ['USD'] }).assets).toEqual(new Set(['USD', `mint:${MINT}`]))
    expect(policyOf({ ...members, mints: [MINT] }).assets).toEqual(new Set(['USD', `mint:${MINT}`]))
  })

  it('may have lists without limits, and rules without entries, as long as something is limited', () => {
    const policy = policyOf({ budgets: [], counts: [], merchants: {}, mccs: { deny: [] } })
    expect([policy.budgets, policy.merchants, policy.mccs, policy.hours]).toEqual([[], null, null, null])
  })

  it.each([
    ['08:00', '18:00', 480, 1_080],
    ['22:00', '06:00', 1_320, 360],
    ['08:00', '00:00', 480, 1_440],
    ['08:00', '24:00', 480, 1_440],
    ['00:00', '24:00', 0, 1_440],
  ])('has hours from %s to %s', (from, to, fromMinute, toMinute) => {
    const { hours } = policyOf({ hours: { time_zone: 'UTC', from, to } })
    expect(hours).toEqual({ timeZone: 'UTC', days: new Set([0, 1, 2, 3, 4, 5, 6]), fromMinute, toMinute })
  })

  it.each<[unknown]>([[null], [undefined], [[]], ['{}'], [5], [() => 5]])('is not %o', (value) => {
    expect(problemsOf(value)).toEqual([{ path: '', problem: 'must be an object' }])
  })
})
