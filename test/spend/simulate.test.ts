import { describe, expect, test } from 'vitest'
import { FIGMA, type Party } from './kit.js'
import { openManagement, POLICY, refusalOf } from './management-kit.js'

const LOCKED = {
  name: 'locked',
  template: 'merchant-locked',
  merchants: { allow: ['Figma Inc.'] },
  mccs: { deny: ['7995'] },
  per_transaction: [{ amount: 3_000, currency: 'USD' }],
  budgets: [
    { name: 'monthly', amount: 4_000, currency: 'USD', window: { calendar: 'month', time_zone: 'UTC' } },
  ],
  counts: [{ name: 'hourly', count: 2, window: { rolling_seconds: 3_600 } }],
} as const

describe('one spend under a policy', () => {
  test('is approved with every check, and with what would be left of each budget', async () => {
    const { post, get } = await openManagement()
    const answer = await post('/v1/simulate', { policy: LOCKED, request: FIGMA })
    const made = await post('/v1/policies', LOCKED)
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        decision: 'APPROVE',
        reason_code: 'POLICY_MATCH',
        policy_version: made.json().policy_version,
        checks: [
          'currency',
          'merchant',
          'mcc',
          'per_transaction_limit',
          'budget:monthly',
          'count:hourly',
        ].map((check) => ({ check, result: 'PASS' })),
        budgets: [
          {
            name: 'monthly',
            kind: 'amount',
            limit: 4_000,
            remaining: 2_800,
            currency: 'USD',
            window: { calendar: 'month', time_zone: 'UTC' },
            resets_at: '2026-02-01T00:00:00.000Z',
          },
          {
            name: 'hourly',
            kind: 'count',
            limit: 2,
            remaining: 1,
            window: { rolling_seconds: 3_600 },
            resets_at: null,
          },
        ],
      },
    ])
    expect((await get('/v1/decisions')).json().decisions).toEqual([])
  })

  test.each<[what: string, request: object, reason: string, check: string]>([
    ['more than at once', { ...FIGMA, amount: 3_001 }, 'LIMIT_PER_TRANSACTION', 'per_transaction_limit'],
    ['another merchant', { ...FIGMA, merchant: 'Evil Inc.' }, 'MERCHANT_NOT_ALLOWED', 'merchant'],
    ['another currency', { ...FIGMA, currency: 'EUR' }, 'CURRENCY_NOT_ALLOWED', 'currency'],
    [
      'the second published shape',
      {
        amount: 4999,
        currency: 'USD',
        mcc: '7995',
        merchant_name: 'figma inc.',
        issuing_platform: 'MARQETA',
      },
      'MCC_DENIED',
      'mcc',
    ],
  ])('is declined with the check that failed: %s', async (_what, request, reason, check) => {
    const { post } = await openManagement()
    const answer = (await post('/v1/simulate', { policy: LOCKED, request })).json()
    expect(answer).toMatchObject({ decision: 'DECLINE', reason_code: reason })
    const failed = (answer.checks as { check: string; result: string; reason_code?: string }[]).find(
      ({ result }) => result === 'FAIL',
    )
    expect([failed?.check, failed?.reason_code]).toEqual([check, reason])
  })

  test('is declined where somebody would have to approve it', async () => {
    const { post } = await openManagement()
    const policy = { ...POLICY, approval: { above: [{ amount: 1_199, currency: 'USD' }] } }
    const answer = (await post('/v1/simulate', { policy, request: FIGMA })).json()
    expect(answer).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
    const cheap = { ...FIGMA, amount: 1_199 }
    expect((await post('/v1/simulate', { policy, request: cheap })).json().decision).toBe('APPROVE')
    // What is declined anyway is not put to anybody.
    const dear = { policy, request: { ...FIGMA, amount: 5_001 } }
    expect((await post('/v1/simulate', dear)).json().reason_code).toBe('LIMIT_PER_TRANSACTION')
  })

  test('is declined where it is more than a budget has, and where it has just enough it is not', async () => {
    const { post } = await openManagement()
    const approval = { above: [{ amount: 1_000, currency: 'USD' }] }
    const policy = { name: 'budget alone', budgets: POLICY.budgets, approval }
    const decide = async (amount: number) =>
      (await post('/v1/simulate', { policy, request: { ...FIGMA, amount } })).json()
    const declined = await decide(10_001)
    expect(declined).toMatchObject({ decision: 'DECLINE', reason_code: 'BUDGET_EXCEEDED' })
    expect(declined.budgets).toMatchObject([{ name: 'monthly', remaining: 10_000 }])
    expect(declined.checks).toContainEqual({
      check: 'budget:monthly',
      result: 'FAIL',
      reason_code: 'BUDGET_EXCEEDED',
    })
    expect(declined.checks).not.toContainEqual(expect.objectContaining({ check: 'approval' }))
    expect((await decide(10_000)).reason_code).toBe('APPROVAL_REQUIRED')
  })

  test('is put to a policy that is there by its id, whatever was spent under it', async () => {
    const { post, grant, authorize, party } = await openManagement()
    const { policyId: policy_id, instrument } = await grant()
    for (const amount of [5_000, 5_000]) await authorize({ ...FIGMA, amount, instrument_id: instrument.id })
    const declined = await authorize({ ...FIGMA, instrument_id: instrument.id })
    expect(declined.json().decision).toBe('DECLINE')
    const asked = { policy_id, request: { ...FIGMA, instrument_id: instrument.id } }
    expect((await post('/v1/simulate', asked)).json()).toMatchObject({ decision: 'APPROVE' })
    const rival = await party('enterprise', 'rival')
    const unknown = [400, 'body_invalid', 'policy_id names no policy of this account']
    expect(refusalOf(await post('/v1/simulate', asked, rival))).toEqual(unknown)
    expect(refusalOf(await post('/v1/simulate', { ...asked, policy_id: 'pol_1' }))).toEqual(unknown)
  })

  test('goes by the clock', async () => {
    const { post, clock } = await openManagement()
    const policy = { ...POLICY, hours: { time_zone: 'Asia/Tokyo', from: '09:00', to: '10:00' } }
    const decide = async () => (await post('/v1/simulate', { policy, request: FIGMA })).json().reason_code
    expect(await decide()).toBe('POLICY_MATCH')
    clock.advance(3_600_000)
    expect(await decide()).toBe('OUTSIDE_HOURS')
  })
})

describe('what is to be simulated', () => {
  const request = FIGMA
  const policy = POLICY
  const period = { spending_authority_id: 'sa_1', since: '2026-01-01T00:00:00Z' }

  test.each<[body: unknown, detail: unknown]>([
    [{}, 'The body must have either request or spending_authority_id'],
    [{ policy }, 'The body must have either request or spending_authority_id'],
    [{ policy, request, ...period }, 'The body must have either request or spending_authority_id'],
    [
      { policy, request, since: '2026-01-01T00:00:00Z' },
      'The body has members other than policy, policy_id, request',
    ],
    [
      { policy, ...period, mode: 'x' },
      'The body has members other than policy, policy_id, spending_authority_id, since, until',
    ],
    [{ request }, 'policy or policy_id must be there, and not both'],
    [{ request, policy, policy_id: 'pol_1' }, 'policy or policy_id must be there, and not both'],
    [{ request, policy: 'strict' }, 'policy must be an object'],
    [{ request, policy_id: 7 }, 'policy_id must be the id of a policy'],
    [
      { request, policy: { ...POLICY, per_transaction: [{ amount: 0, currency: 'USD' }] } },
      expect.stringMatching(/^policy\.per_transaction\[0\]\.amount must be /),
    ],
    [{ request: 'all', policy }, 'request must be an object'],
    [{ request: { ...FIGMA, amount: 0.5 }, policy }, expect.stringMatching(/^request: amount must be /)],
    [{ request: { ...FIGMA, amuont: 1 }, policy }, expect.stringMatching(/^request: .+members other than/)],
    [
      { policy, spending_authority_id: 'a b', since: '2026-13-01T00:00:00Z', until: 'now' },
      'spending_authority_id must be the id of a spending authority. since must be a time such as ' +
        '2030-01-31T00:00:00Z. until must be a time such as 2030-01-31T00:00:00Z',
    ],
    [{ policy, ...period, since: undefined }, 'since must be a time such as 2030-01-31T00:00:00Z'],
    [{ policy, ...period, until: period.since }, 'until must leave some time between'],
    [{ policy, ...period, since: '2030-01-01T00:00:00Z' }, 'since must leave some time between'],
    [
      { policy, ...period, until: '2026-02-01T00:00:00Z' },
      'spending_authority_id names no spending authority of this account',
    ],
  ])('is refused where it is unclear, %#', async (body, detail) => {
    const { post } = await openManagement()
    expect(refusalOf(await post('/v1/simulate', body))).toEqual([400, 'body_invalid', detail])
  })

  test('may be as large as a policy may be, and a spend beside it', async () => {
    const { post } = await openManagement()
    const body = JSON.stringify({ policy, request })
    expect((await post('/v1/simulate', body.padEnd(262_144 + 16_384, ' '))).status).toBe(200)
    expect((await post('/v1/simulate', body.padEnd(262_144 + 16_385, ' '))).status).toBe(413)
  })

  test('is not the spending of another account', async () => {
    const { post, grant, party } = await openManagement()
    const { mandateId } = await grant()
    const rival: Party = await party('enterprise', 'rival')
    const body = {
      policy,
      spending_authority_id: mandateId,
      since: '2025-01-01T00:00:00Z',
      until: '2027-01-01T00:00:00Z',
    }
    expect((await post('/v1/simulate', body)).status).toBe(200)
    expect(refusalOf(await post('/v1/simulate', body, rival))).toEqual([
      400,
      'body_invalid',
      'spending_authority_id names no spending authority of this account',
    ])
  })

  test('is nothing that an outage lets be empty', async () => {
    const { post, grant, faults } = await openManagement()
    const { mandateId, policyId } = await grant()
    faults.failing = ['listDecisions']
    const body = { policy, ...period, spending_authority_id: mandateId, until: '2027-01-01T00:00:00Z' }
    const answer = await post('/v1/simulate', body)
    expect([answer.status, answer.json().code]).toEqual([503, 'dependency_unavailable'])
    faults.failing = ['readSpendRecord']
    expect((await post('/v1/simulate', { policy_id: policyId, request })).status).toBe(503)
  })
})
