import { describe, expect, it } from 'vitest'
import type { SpendPolicy } from '../../src/spend/policy.js'
import { isRefusedPolicy, readPolicyDocument } from '../../src/spend/policy-document.js'
import { HIGH_RISK_MCCS } from '../../src/spend/policy-templates.js'

const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
const usd = (amount: number) => ({ amount, currency: 'USD' })

function policyOf(document: object): SpendPolicy {
  const read = readPolicyDocument({ name: 'p', ...document })
  if (isRefusedPolicy(read)) throw new Error(JSON.stringify(read))
  return read
}

function pathsOf(document: object): readonly string[] {
  const read = readPolicyDocument({ name: 'p', ...document })
  return isRefusedPolicy(read) ? read.map(({ path }) => path) : []
}

describe('merchant-locked', () => {
  const locked = { template: 'merchant-locked', per_transaction: [usd(5_000)] }

  it('needs merchants, and leaves everything else as given', () => {
    const merchants = { allow: ['Figma Inc.'] }
    const plain = policyOf({ per_transaction: [usd(5_000)], merchants })
    expect(policyOf({ ...locked, merchants })).toEqual({ ...plain, template: 'merchant-locked' })
  })

  it.each([
    ['no merchants', {}],
    ['merchants that are denied alone', { merchants: { deny: ['a'] } }],
    ['nobody allowed', { merchants: { allow: [] } }],
  ])('is refused with %s', (_what, members) => {
    expect(pathsOf({ ...locked, ...members })).toEqual(['merchants.allow'])
  })
})

describe('low-risk', () => {
  const low = { template: 'low-risk' }

  it('brings limits and denies what is risky', () => {
    const policy = policyOf({ ...low, currencies: ['EUR'] })
    expect(policy.assets).toEqual(new Set(['EUR']))
    expect(policy.perTransaction).toEqual(new Map([['EUR', 5_000n]]))
    expect(policy.budgets).toMatchObject([
      {
        ...{ name: 'low-risk monthly', limit: 50_000n, asset: 'EUR' },
        window: { kind: 'calendar', unit: 'month', timeZone: 'UTC' },
      },
    ])
    expect(policy.mccs).toEqual({ allow: null, deny: new Set(HIGH_RISK_MCCS) })
    expect([...HIGH_RISK_MCCS].sort()).toEqual(['4829', '5933', '5967', '6051', '6211', '7273', '7995'])
  })

  it('goes by the limits that the document has', () => {
    const given = policyOf({ ...low, per_transaction: [usd(20_000)] })
    expect([...given.perTransaction.values(), given.budgets[0]?.limit]).toEqual([20_000n, 200_000n])
    const budgets = [{ name: 'small', ...usd(1_000), window: 'lifetime' }]
    const small = policyOf({ ...low, budgets })
    expect([...small.perTransaction.values(), ...small.budgets.map(({ name }) => name)]).toEqual([
      1_000n,
      'small',
    ])
  })

  it('limits amounts also where times are counted', () => {
    const counts = [{ name: 'c', count: 5, window: 'lifetime' }]
    const { budgets } = policyOf({ ...low, currencies: ['USD'], counts })
    expect(budgets.map(({ name }) => name)).toEqual(['low-risk monthly', 'c'])
    expect(
      pathsOf({ ...low, currencies: ['USD'], counts: [{ ...counts[0], name: 'low-risk monthly' }] }),
    ).toEqual(['counts[0].name'])
  })

  it('stays within what an amount can be', () => {
    const most = { amount: '18446744073709551615', currency: 'USD' }
    expect(policyOf({ ...low, per_transaction: [most] }).budgets[0]?.limit).toBe(2n ** 64n - 1n)
  })

  it('denies what is risky besides what the document denies, and not what it allows', () => {
    const { mccs } = policyOf({ ...low, currencies: ['USD'], mccs: { deny: [1234, 7995] } })
    expect(mccs?.deny).toEqual(new Set(['1234', ...HIGH_RISK_MCCS]))
    const allowing = policyOf({ ...low, currencies: ['USD'], mccs: { allow: [6211, 5411] } })
    expect(allowing.mccs?.allow).toEqual(new Set(['6211', '5411']))
    expect(allowing.mccs?.deny).toEqual(new Set(HIGH_RISK_MCCS.filter((code) => code !== '6211')))
  })

  it.each([
    ['no currency', {}, ['currencies']],
    [
      'two currencies',
      { currencies: ['USD', 'EUR'], counts: [{ name: 'c', count: 1, window: 'lifetime' }] },
      ['currencies'],
    ],
    ['a currency and a mint', { per_transaction: [usd(5), { amount: 5, mint: MINT }] }, ['currencies']],
    ['a mint', { per_transaction: [{ amount: 5, mint: MINT }] }, ['currencies']],
  ])('is refused with %s', (_what, members, paths) => {
    expect(pathsOf({ ...low, ...members })).toEqual(paths)
  })

  it('does not guess about a currency that could not be read', () => {
    expect(pathsOf({ ...low, currencies: ['usd'] })).toEqual(['currencies[0]'])
  })
})

describe('human-review-required', () => {
  const review = {
    template: 'human-review-required',
    per_transaction: [usd(5_000), { amount: 5, mint: MINT }],
  }

  it('asks about every amount of every asset', () => {
    const policy = policyOf(review)
    expect(policy.approvalAbove).toEqual(
      new Map([
        ['USD', 0n],
        [`mint:${MINT}`, 0n],
      ]),
    )
    expect(policy.approvalTtlMs).toBe(900_000)
  })

  it('leaves to the document how long there is time', () => {
    const policy = policyOf({ ...review, approval: { ttl_seconds: 60 } })
    expect([policy.approvalTtlMs, policy.approvalAbove.size]).toEqual([60_000, 2])
    expect(policyOf({ ...review, approval: { above: [usd(0)] } }).approvalAbove.size).toBe(2)
  })

  it('is refused where the document asks about some amounts only', () => {
    expect(pathsOf({ ...review, approval: { above: [usd(10)] } })).toEqual(['approval.above[0].amount'])
  })

  it('still needs a limit', () => {
    expect(pathsOf({ template: 'human-review-required', currencies: ['USD'] })).toEqual(['per_transaction'])
  })
})
