import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolicyDocument } from '../../src/spend/policy-document-shape.js'
import { FIGMA } from './kit.js'
import { type Json, type ManagementSite, openManagement, POLICY } from './management-kit.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const call = { signal: new AbortController().signal }

const WIDE: PolicyDocument = { name: 'wide', per_transaction: [{ amount: 100_000, currency: 'USD' }] }

/** A budget in US dollars. */
const budget = (amount: number, window: unknown) =>
  ({ name: 'draft', currencies: ['USD'], budgets: [{ name: 'b', amount, currency: 'USD', window }] }) as const

async function replay(
  { post, clock }: ManagementSite,
  mandateId: string,
  policy: object,
  period: Json = {},
): Promise<Json> {
  clock.advance(1)
  const body = { policy, spending_authority_id: mandateId, since: '2025-01-01T00:00:00Z', ...period }
  const answer = await post('/v1/simulate', body)
  if (answer.status !== 200) throw new Error(`the replay answered ${answer.status}: ${answer.body}`)
  return answer.json()
}

/** A mandate, and what is spent under it. */
async function openSpending(options: Parameters<ManagementSite['grant']>[0] = {}) {
  const site = await openManagement()
  const granted = await site.grant({ policy: WIDE, ...options })
  const spend = async (amount: number, members: object = {}) => {
    const request = { ...FIGMA, instrument_id: granted.instrument.id, amount, ...members }
    return (await site.authorize(request)).json()
  }
  return { ...site, ...granted, site, spend }
}

describe('a draft put to what was decided', () => {
  test('says which decisions would have been others, and why', async () => {
    const { site, mandateId, spend, clock } = await openSpending()
    const made: Json[] = []
    for (const amount of [4_000, 7_000, 6_000, 200_000]) {
      made.push(await spend(amount))
      clock.advance(HOUR_MS)
    }
    const draft = budget(10_000, { calendar: 'month', time_zone: 'UTC' })
    const found = await replay(site, mandateId, draft, { until: '2026-01-31T00:00:00Z' })
    expect(found).toEqual({
      policy_version: expect.stringMatching(/^[0-9a-f]{64}$/),
      since: '2025-01-01T00:00:00.000Z',
      until: '2026-01-31T00:00:00.000Z',
      truncated: false,
      evaluated: 4,
      approved_before: 3,
      approved_after: 2,
      changes_total: 1,
      changes: [
        {
          decision_id: made[1]?.decision_id,
          at: '2026-01-01T01:00:00.000Z',
          before: 'APPROVE',
          after: 'DECLINE',
          reason_code: 'BUDGET_EXCEEDED',
        },
      ],
    })
  })

  test('can also have approved what was declined', async () => {
    const { site, mandateId, spend } = await openSpending({ policy: POLICY })
    const { decision_id } = await spend(5_001)
    expect(await replay(site, mandateId, WIDE)).toMatchObject({
      approved_before: 0,
      approved_after: 1,
      changes: [{ decision_id, before: 'DECLINE', after: 'APPROVE', reason_code: 'POLICY_MATCH' }],
    })
  })

  test.each<[what: string, window: unknown, approved: number]>([
    ['a day by its time zone', { calendar: 'day', time_zone: 'Asia/Tokyo' }, 3],
    ['a month', { calendar: 'month', time_zone: 'UTC' }, 2],
    ['a rolling window', { rolling_seconds: 3_600 }, 4],
    ['for ever', 'lifetime', 1],
  ])('counts at the time of each spend: %s', async (_what, window, approved) => {
    const { site, mandateId, spend, clock } = await openSpending()
    // Tokyo: 00:30 on the 31st of January, 23:30, 00:30 on the 1st of February, 01:15.
    clock.advance(Date.parse('2026-01-30T15:30:00Z') - clock.wallMs())
    await spend(600)
    clock.advance(Date.parse('2026-01-31T14:30:00Z') - clock.wallMs())
    await spend(600)
    clock.advance(Date.parse('2026-01-31T15:30:04Z') - clock.wallMs())
    await spend(600)
    clock.advance(Date.parse('2026-02-01T15:30:00Z') - clock.wallMs())
    await spend(600)
    const found = await replay(site, mandateId, budget(1_000, window))
    expect([found.evaluated, found.approved_after]).toEqual([4, approved])
  })

  test('begins with nothing spent, at since, and ends before until', async () => {
    const { site, mandateId, spend, clock } = await openSpending()
    for (let at = 0; at < 4; at++) {
      await spend(1_000)
      clock.advance(DAY_MS)
    }
    const draft = budget(2_000, 'lifetime')
    const period = { since: '2026-01-02T00:00:00Z', until: '2026-01-04T00:00:00Z' }
    const two = await replay(site, mandateId, draft, period)
    expect([two.evaluated, two.approved_after]).toEqual([2, 2])
    const three = await replay(site, mandateId, draft, { ...period, until: '2026-01-04T00:00:00.001Z' })
    expect([three.evaluated, three.approved_after]).toEqual([3, 2])
    expect((await replay(site, mandateId, draft)).evaluated).toBe(4)
  })

  test('judges what was only observed as what was enforced', async () => {
    const { site, mandateId, spend } = await openSpending({ policy: POLICY, mode: 'observe' })
    expect((await spend(9_000)).decision).toBe('APPROVE')
    expect((await spend(3_000)).decision).toBe('APPROVE')
    expect(await replay(site, mandateId, POLICY)).toMatchObject({
      evaluated: 2,
      approved_before: 1,
      approved_after: 1,
      changes_total: 0,
    })
  })

  test('approves nothing that was declined for who spends', async () => {
    const { site, mandateId, agentId, bindingId, spend, clock } = await openSpending({ policy: POLICY })
    const { patch } = site
    const suspended = async (path: string) => {
      await patch(path, { status: 'suspended' })
      await spend(6_000)
      await patch(path, { status: 'active' })
    }
    for (const path of [`agents/${agentId}`, `bindings/${bindingId}`, `spending-authorities/${mandateId}`]) {
      await suspended(`/v1/${path}`)
    }
    await patch(`/v1/spending-authorities/${mandateId}`, { valid_from: '2026-01-02T00:00:00Z' })
    await spend(6_000)
    clock.advance(DAY_MS)
    await spend(6_000)
    expect(await replay(site, mandateId, WIDE)).toMatchObject({
      evaluated: 5,
      approved_before: 0,
      approved_after: 1,
    })
  })

  test('does not count what was only planned', async () => {
    const { site, mandateId, spend, instrument } = await openSpending()
    await spend(1_000)
    const intent = await site.post('/v1/intents/validate', { ...FIGMA, instrument_id: instrument.id })
    expect(intent.json().decision).toBe('APPROVE')
    const found = await replay(site, mandateId, budget(1_000, 'lifetime'))
    expect(found).toMatchObject({ evaluated: 1, approved_before: 1, approved_after: 1 })
  })

  test('counts what a guarded route has spent', async () => {
    const { site, store, mandateId, spend } = await openSpending()
    await spend(1_000)
    await copies(store, mandateId, 1, (document) => document.replace('"authorize"', '"guard"'))
    site.clock.advance(1)
    const found = await replay(site, mandateId, budget(1_000, 'lifetime'))
    expect(found).toMatchObject({ evaluated: 2, approved_before: 2, approved_after: 1 })
  })

  test('that asks for approvals keeps what somebody has approved, and declines the rest', async () => {
    const asking = { ...WIDE, approval: { above: [{ amount: 1_000, currency: 'USD' }] } }
    const { site, mandateId, spend } = await openSpending({ policy: asking })
    const { approval } = (await spend(1_500)) as { approval: { approval_id: string } }
    await site.post(`/v1/approvals/${approval.approval_id}/approve`)
    expect((await spend(1_500)).decision).toBe('APPROVE')
    await spend(900)
    const same = await replay(site, mandateId, asking)
    expect(same).toMatchObject({ evaluated: 3, approved_before: 2, approved_after: 2, changes_total: 0 })
    const stricter = { ...WIDE, approval: { above: [{ amount: 0, currency: 'USD' }] } }
    expect(await replay(site, mandateId, stricter)).toMatchObject({
      approved_after: 1,
      changes: [{ after: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' }],
    })
    expect(await replay(site, mandateId, WIDE)).toMatchObject({ approved_after: 3, changes_total: 1 })
  })

  test('tells a hundred changes and counts all, and replays the latest 10,000', async () => {
    const { site, store, mandateId, spend } = await openSpending()
    await spend(1_000)
    await copies(store, mandateId, 9_999)
    const none = { ...WIDE, per_transaction: [{ amount: 1, currency: 'USD' }] }
    const all = await replay(site, mandateId, none, { until: '2026-02-01T00:00:00Z' })
    expect(all).toMatchObject({
      evaluated: 10_000,
      approved_after: 0,
      changes_total: 10_000,
      truncated: false,
    })
    const told = (all.changes as { at: string }[]).map(({ at }) => Date.parse(at))
    expect(told).toHaveLength(100)
    // The earliest of them.
    expect(told.map((at) => at - (told[0] ?? 0))).toEqual(Array.from({ length: 100 }, (_, at) => at))
    await copies(store, mandateId, 1, undefined, 10_000)
    const later = await replay(site, mandateId, none, { until: '2026-02-01T00:00:00Z' })
    expect(later).toMatchObject({ evaluated: 10_000, changes_total: 10_000, truncated: true })
    const [first] = later.changes as { at: string }[]
    expect(Date.parse(String(first?.at))).toBe((told[0] ?? 0) + 1)
  })
})

describe('a policy put to what was decided by itself', () => {
  const window = fc.oneof(
    fc.record({
      calendar: fc.constantFrom('day', 'week', 'month'),
      time_zone: fc.constantFrom('UTC', 'America/New_York'),
    }),
    fc.record({ rolling_seconds: fc.constantFrom(60, 3_600, 86_400, 2_592_000) }),
    fc.constant('lifetime'),
  )
  const policy = fc
    .record({
      budgets: fc.array(fc.record({ amount: fc.integer({ min: 500, max: 20_000 }), window }), {
        maxLength: 3,
      }),
      counts: fc.array(fc.record({ count: fc.integer({ min: 1, max: 6 }), window }), { maxLength: 2 }),
    })
    .map(({ budgets, counts }) => ({
      name: 'random',
      per_transaction: [{ amount: 100_000, currency: 'USD' }],
      budgets: budgets.map((one, at) => ({ name: `b${at}`, currency: 'USD', ...one })),
      counts: counts.map((one, at) => ({ name: `c${at}`, ...one })),
    }))
  const spends = fc.array(
    fc.record({
      amount: fc.integer({ min: 1, max: 6_000 }),
      afterMs: fc.constantFrom(0, 1, 30_000, HOUR_MS / 2, HOUR_MS, DAY_MS / 2, 9 * DAY_MS),
    }),
    { minLength: 5, maxLength: 25 },
  )

  test('says the same again', async () => {
    // What expires is given back, and a replay does not know of that.
    const site = await openManagement({ gate: { spend: { authorizationTtlSeconds: 31_622_400 } } })
    let declined = 0
    await fc.assert(
      fc.asyncProperty(policy, spends, async (document, all) => {
        const made = await site.post('/v1/policies', document)
        // Two budgets of one random policy may be one: such a policy is refused, and nothing is decided under it.
        fc.pre(made.status === 201)
        const { mandateId, instrument } = await site.grant({ policy: document as PolicyDocument })
        for (const { amount, afterMs } of all) {
          site.clock.advance(afterMs)
          const request = { ...FIGMA, instrument_id: instrument.id, amount }
          if ((await site.authorize(request)).json().decision === 'DECLINE') declined++
        }
        const found = await replay(site, mandateId, document)
        expect(found).toMatchObject({ evaluated: all.length, changes: [], changes_total: 0 })
      }),
      { numRuns: 20, seed: 20_260_101 },
    )
    expect(declined).toBeGreaterThan(20)
  })
})

/** More decisions as the first of a mandate, a millisecond apart. */
async function copies(
  store: ManagementSite['store'],
  mandateId: string,
  count: number,
  change = (document: string) => document,
  from = 1,
): Promise<void> {
  const page = await store.listDecisions({ accountId: 'acme', mandateId, limit: 1_000 }, call)
  const first = page.decisions.at(-1)
  if (first === undefined) throw new Error('nothing was decided')
  const { accountId, agentId, outcome, atMs, id } = first
  for (let at = from; at < from + count; at++) {
    const copy = { id: `${id}-${at}`, atMs: atMs + at, accountId, agentId, mandateId, outcome }
    await store.reserve({ ...copy, document: change(first.document) }, null, call)
  }
}
