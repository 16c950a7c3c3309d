import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpendPolicy } from '../../src/spend/policy.js'
import { isRefusedPolicy, policyDocumentOf, readPolicyDocument } from '../../src/spend/policy-document.js'
import { policyVersionOf } from '../../src/spend/policy-version.js'

const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'

function policyOf(document: unknown): SpendPolicy {
  const read = readPolicyDocument(document)
  if (isRefusedPolicy(read)) throw new Error(JSON.stringify(read))
  return read
}

const BUDGET = {
  ...{ name: 'b', amount: 1_000, currency: 'USD' },
  window: { calendar: 'day', time_zone: 'UTC' },
}
const BASE_APPROVAL = { above: [{ amount: 100, currency: 'USD' }] }
const BASE = {
  name: 'p',
  per_transaction: [{ amount: 500, currency: 'USD' }],
  budgets: [BUDGET],
  counts: [{ name: 'c', count: 5, window: 'lifetime' }],
  merchants: { deny: ['a'] },
  mccs: { deny: ['0002'] },
  hours: { time_zone: 'UTC', from: '08:00', to: '18:00' },
  approval: BASE_APPROVAL,
}

const versionOf = (document: unknown) => policyVersionOf(policyOf(document))
const overTheWire = (document: unknown): unknown => JSON.parse(JSON.stringify(document))

/** An amount in one of the forms in which it may be written. */
const amountBetween = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.boolean()).map(([n, asText]) => (asText ? String(n) : n))
const asset = fc.constantFrom({ currency: 'USD' }, { currency: 'EUR' }, { mint: MINT })
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((chars) => `x${chars.replace(/[\p{Cc}\p{Cs}]/gu, '')}`)
const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'europe/berlin', 'Europe/Kyiv', 'Asia/Kathmandu')
const window = fc.oneof(
  fc.constant('lifetime'),
  fc.integer({ min: 1, max: 31_622_400 }).map((seconds) => ({ rolling_seconds: seconds })),
  fc.record({ calendar: fc.constantFrom('day', 'week', 'month'), time_zone: zone }),
)
const time = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
const optional = { requiredKeys: [] as never[] }
const codes = fc.uniqueArray(fc.nat(4_999), { minLength: 1, maxLength: 5 })

const document = fc
  .record({
    name: text,
    template: fc.constantFrom(undefined, undefined, 'human-review-required', 'low-risk'),
    assets: fc.uniqueArray(asset, { minLength: 1, selector: (one) => Object.values(one)[0] }),
    limits: fc.array(amountBetween(1_000, 2_000), { minLength: 3, maxLength: 3 }),
    budgets: fc.uniqueArray(
      fc.record({ name: text, amount: amountBetween(100_000, 2 ** 40), of: fc.nat(2), window }),
      { selector: ({ name }) => name, maxLength: 5 },
    ),
    counts: fc.uniqueArray(fc.record({ name: text, count: fc.integer({ min: 1, max: 1_000 }), window }), {
      selector: ({ name }) => name,
      maxLength: 3,
    }),
    merchants: fc.record(
      { allow: fc.constant(['Figma Inc.', 'Ａ b']), deny: fc.constant(['c', 'B']) },
      optional,
    ),
    mccs: fc.record({ allow: codes, deny: codes.map((list) => list.map((code) => code + 5_000)) }, optional),
    hours: fc
      .record({ time_zone: zone, from: time, to: fc.oneof(time, fc.constant('24:00')) })
      .filter(({ from, to }) => from !== to),
    days: fc.option(fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { minLength: 1 })),
    above: amountBetween(0, 999),
    ttl: fc.option(fc.integer({ min: 1, max: 10_000 })),
    with: fc.record({
      merchants: fc.boolean(),
      mccs: fc.boolean(),
      hours: fc.boolean(),
      approval: fc.boolean(),
    }),
  })
  .map(({ template, assets: drawn, limits, budgets, counts, days, above, ttl, with: given, ...rest }) => {
    const assets = template === 'low-risk' ? [{ currency: 'USD' }] : drawn
    const first = assets[0] ?? { currency: 'USD' }
    const isReview = template === 'human-review-required'
    return {
      name: rest.name,
      ...(template && { template }),
      per_transaction: assets.map((one, at) => ({ amount: limits[at] ?? 1_000, ...one })),
      budgets: budgets.map(({ of, name, ...budget }) => ({
        ...budget,
        name: `b${name}`,
        ...(assets[of] ?? first),
      })),
      counts: counts.map((count) => ({ ...count, name: `c${count.name}` })),
      ...(given.merchants && { merchants: rest.merchants }),
      ...(given.mccs && { mccs: rest.mccs }),
      ...(given.hours && { hours: { ...rest.hours, ...(days && { days }) } }),
      ...(given.approval && {
        approval: { above: [{ amount: isReview ? 0 : above, ...first }], ...(ttl && { ttl_seconds: ttl }) },
      }),
    }
  })

describe('a policy', () => {
  it('is the same after it was written and read, and so is its document', () => {
    fc.assert(
      fc.property(document, (given) => {
        const policy = policyOf(given)
        const written = policyDocumentOf(policy)
        const again = policyOf(overTheWire(written))
        expect(again).toEqual(policy)
        expect(policyDocumentOf(again)).toEqual(written)
        expect(policyVersionOf(again)).toBe(policyVersionOf(policy))
      }),
      { numRuns: 200 },
    )
  })

  it('has a version that no order and no way of writing changes', () => {
    fc.assert(
      fc.property(document, (given) => {
        expect(versionOf(rewritten(given))).toBe(versionOf(given))
      }),
      { numRuns: 200 },
    )
  })

  it('writes merchants as they were written, and compares them in one form', () => {
    const limit = { name: 'p', per_transaction: [{ amount: 1, currency: 'USD' }] }
    const one = { ...limit, merchants: { allow: ['Figma Inc.', 'Adobe'] } }
    expect(policyDocumentOf(policyOf(one)).merchants).toEqual({ allow: ['Adobe', 'Figma Inc.'] })
    expect(versionOf({ ...limit, merchants: { allow: ['ADOBE ', 'figma  inc.'] } })).toBe(versionOf(one))
  })

  it('has a version of 64 hexadecimal digits', () => {
    expect(versionOf(BASE)).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each<[string, object]>([
    ['another name', { name: 'q' }],
    ['another limit', { per_transaction: [{ amount: 501, currency: 'USD' }] }],
    ['another currency', { currencies: ['USD', 'EUR'] }],
    ['another budget', { budgets: [{ ...BUDGET, amount: 1_001 }] }],
    ['another name of a budget', { budgets: [{ ...BUDGET, name: 'a' }] }],
    ['another window', { budgets: [{ ...BUDGET, window: { calendar: 'week', time_zone: 'UTC' } }] }],
    ['another time zone', { budgets: [{ ...BUDGET, window: { calendar: 'day', time_zone: 'Asia/Tokyo' } }] }],
    ['a window that rolls', { budgets: [{ ...BUDGET, window: { rolling_seconds: 86_400 } }] }],
    ['another count', { counts: [{ name: 'c', count: 6, window: 'lifetime' }] }],
    ['a merchant allowed', { merchants: { allow: ['a'] } }],
    ['a merchant denied', { merchants: { deny: ['a', 'b'] } }],
    ['another code', { mccs: { deny: ['0001'] } }],
    ['the code allowed', { mccs: { allow: ['0002'] } }],
    ['other hours', { hours: { time_zone: 'UTC', from: '08:00', to: '18:01' } }],
    ['other days', { hours: { time_zone: 'UTC', days: ['mon'], from: '08:00', to: '18:00' } }],
    ['another threshold', { approval: { above: [{ amount: 0, currency: 'USD' }] } }],
    ['another time to approve', { approval: { ...BASE_APPROVAL, ttl_seconds: 901 } }],
  ])('has another version with %s', (_what, change) => {
    expect(versionOf({ ...BASE, ...change })).not.toBe(versionOf(BASE))
  })
})

/** The same document with everything in the reverse order, and amounts and codes written in the other way. */
function rewritten(value: unknown, member = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => rewritten(one, member)).reverse()
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, one]) => [name, rewritten(one, name)] as const)
    return Object.fromEntries(members.reverse())
  }
  if (member === 'amount') return typeof value === 'number' ? String(value) : Number(value)
  if (typeof value === 'number' && ['allow', 'deny'].includes(member)) return String(value).padStart(4, '0')
  return value
}
