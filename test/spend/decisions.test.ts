import { describe, expect, onTestFinished, test } from 'vitest'
import { FIGMA, openSpendSite, type Party } from './kit.js'
import { USD_100_A_MONTH } from './kit-grants.js'

type View = Record<string, unknown>

async function setUp() {
  const site = await openSpendSite()
  onTestFinished(() => site.app.close())
  const granted = await site.grant()
  const asked = { instrument_id: granted.instrument.id, ...FIGMA }
  const read = (path: string, by: Party = site.enterprise) => site.ask(by, 'GET', `/v1/decisions${path}`)
  const list = async (query = '', by?: Party) => {
    const answer = await read(query, by)
    if (answer.status !== 200) throw new Error(`the log answered ${answer.status}: ${answer.body}`)
    return answer.json() as { decisions: View[]; next_cursor: string | null }
  }
  const amounts = async (query = '') => (await list(query)).decisions.map(({ amount }) => amount)
  return { ...site, granted, asked, read, list, amounts }
}

describe('the log of decisions', () => {
  test('has everything a decision rests on', async () => {
    const { authorize, asked, granted, list, processor } = await setUp()
    const answer = (await authorize({ ...asked, amount: 5_001 })).json()
    const { decisions, next_cursor } = await list()
    expect(next_cursor).toBeNull()
    expect(decisions).toEqual([
      {
        decision_id: answer.decision_id,
        decided_at: '2026-01-01T00:00:00.000Z',
        purpose: 'authorize',
        account_id: 'acme',
        caller_account_id: processor.accountId,
        wallet: null,
        instrument_type: 'card',
        instrument_id: granted.instrument.id,
        agent_id: granted.agentId,
        spending_authority_id: granted.mandateId,
        policy_id: granted.policyId,
        policy_version: expect.stringMatching(/^[0-9a-f]{64}$/),
        mode: 'enforce',
        decision: 'DECLINE',
        evaluated: 'DECLINE',
        reason_code: 'LIMIT_PER_TRANSACTION',
        amount: 5_001,
        currency: 'USD',
        merchant: 'Figma Inc.',
        mcc: '7372',
        checks: [
          { check: 'binding_active', result: 'PASS' },
          { check: 'agent_active', result: 'PASS' },
          { check: 'spending_authority_active', result: 'PASS' },
          { check: 'spending_authority_in_force', result: 'PASS' },
          { check: 'currency', result: 'PASS' },
          {
            check: 'per_transaction_limit',
            result: 'FAIL',
            reason_code: 'LIMIT_PER_TRANSACTION',
            detail: '5001 minor units of USD: at most 5000 at once',
          },
          { check: 'budget:monthly', result: 'PASS' },
        ],
        budgets: [
          {
            name: 'monthly',
            kind: 'amount',
            limit: 10_000,
            remaining: 10_000,
            currency: 'USD',
            window: { calendar: 'month', time_zone: 'UTC' },
            resets_at: '2026-02-01T00:00:00.000Z',
          },
        ],
        request_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        reservation_id: expect.stringMatching(/^auth_/),
        approval: null,
        degraded: false,
      },
    ])
  })

  test('has the latest first, in pages that leave nothing out while it grows', async () => {
    const { authorize, asked, list, clock } = await setUp()
    const ask = async (amount: number) => {
      await authorize({ ...asked, amount })
      clock.advance(amount % 2)
    }
    for (let amount = 1; amount <= 7; amount++) await ask(amount)
    const seen: unknown[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await list(`?limit=3${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
      expect(page.decisions.length).toBeLessThanOrEqual(3)
      seen.push(...page.decisions.map(({ amount }) => amount))
      cursor = page.next_cursor
      await ask(100 + seen.length)
    }
    // Those of one moment stand in the order of their ids, which is no order of time.
    const byMoment = [seen.slice(0, 2), seen.slice(2, 4), seen.slice(4, 6), seen.slice(6)]
    expect(byMoment.map((group) => group.map(Number).sort())).toEqual([[6, 7], [4, 5], [2, 3], [1]])
  })

  test('is filtered by agent, by spending authority, by what was decided and by time', async () => {
    const { authorize, asked, grant, amounts, clock, granted } = await setUp()
    const other = await grant({ mode: 'observe' })
    await authorize({ ...asked, amount: 1 })
    clock.advance(1_000)
    await authorize({ ...asked, amount: 5_002 })
    clock.advance(1_000)
    await authorize({ ...asked, instrument_id: other.instrument.id, amount: 3 })
    clock.advance(1_000)
    await authorize({ ...asked, instrument_id: other.instrument.id, amount: 5_004 })
    expect(await amounts()).toEqual([5_004, 3, 5_002, 1])
    expect(await amounts(`?agent_id=${granted.agentId}`)).toEqual([5_002, 1])
    expect(await amounts(`?spending_authority_id=${other.mandateId}`)).toEqual([5_004, 3])
    expect(await amounts(`?agent_id=${granted.agentId}&spending_authority_id=${other.mandateId}`)).toEqual([])
    expect(await amounts('?agent_id=unknown')).toEqual([])
    expect(await amounts('?evaluated=APPROVE')).toEqual([3, 1])
    // As it was evaluated: that it only observes does not make it an approval.
    expect(await amounts('?evaluated=DECLINE')).toEqual([5_004, 5_002])
    expect(await amounts('?since=2026-01-01T00:00:01Z')).toEqual([5_004, 3, 5_002])
    expect(await amounts('?since=2026-01-01T01:00:01+01:00')).toEqual([5_004, 3, 5_002])
    expect(await amounts('?since=2026-01-01T01:00:01%2B01:00')).toEqual([5_004, 3, 5_002])
    expect(await amounts(`?since=${Date.UTC(2026, 0, 1, 0, 0, 1)}`)).toEqual([5_004, 3, 5_002])
    expect(await amounts('?until=2026-01-01T00:00:02Z')).toEqual([5_002, 1])
    expect(await amounts('?since=2026-01-01T00:00:01Z&until=2026-01-01T00:00:03Z&evaluated=APPROVE')).toEqual(
      [3],
    )
  })

  test.each([
    '?limit=0',
    '?limit=101',
    '?limit=ten',
    '?evaluated=approve',
    '?evaluated=__proto__',
    '?evaluated=',
    '?since=yesterday',
    '?since=2026-01-01',
    '?since=2026-01-01T00:00:00',
    '?since=2026-02-30T00:00:00Z',
    '?since=-1',
    '?since=1e12',
    '?until=9999999999999999',
    '?cursor=',
    '?cursor=1',
    '?cursor=1:%00',
    '?agent_id=',
    '?agent_id=%00',
    '?spending_authority_id=a%20b',
    '?since=1&since=2',
    '?account_id=acme',
  ])('refuses to be asked for %s', async (query) => {
    const { read } = await setUp()
    expect((await read(query)).json()).toMatchObject({ status: 400, code: 'body_invalid' })
  })

  test('shows an account its own decisions, and no other’s', async () => {
    const { authorize, asked, list, read, grant, party } = await setUp()
    const rival = await party('enterprise', 'rival')
    const theirs = await grant({ accountId: 'rival' })
    const mine = (await authorize(asked)).json().decision_id
    const other = (await authorize({ ...asked, instrument_id: theirs.instrument.id })).json().decision_id
    const unknown = (await authorize({ ...asked, instrument_id: 'inst_unknown' })).json().decision_id
    const idsOf = async (by?: Party) => (await list('', by)).decisions.map(({ decision_id }) => decision_id)
    expect(await idsOf()).toEqual([mine])
    expect(await idsOf(rival)).toEqual([other])
    for (const [id, by] of [
      [mine, rival],
      [other],
      [unknown],
      ['unknown'],
      ['%00'],
      ['x'.repeat(65)],
    ] as const) {
      expect((await read(`/${String(id)}`, by)).json()).toMatchObject({ status: 404, code: 'not_found' })
    }
    expect((await read(`/${String(mine)}`)).json()).toMatchObject({ decision_id: mine })
    // Whoever asked in vain may read of it, where it has the role: nobody else is concerned.
    const both = await party('enterprise', 'issuer-one')
    expect(await idsOf(both)).toEqual([unknown])
    expect((await read(`/${String(unknown)}`, both)).json()).toMatchObject({
      account_id: 'issuer-one',
      instrument_type: null,
      instrument_id: 'inst_unknown',
      agent_id: null,
      mode: null,
      explanation: [
        'It was declined.',
        'No spending authority that this caller may use is bound to the instrument.',
      ],
    })
  })

  test('is for enterprises', async () => {
    const { authorize, asked, read, processor } = await setUp()
    const { decision_id } = (await authorize(asked)).json()
    for (const path of ['', `/${String(decision_id)}`]) {
      expect((await read(path, processor)).json()).toMatchObject({ status: 403, code: 'role_mismatch' })
    }
  })

  test('is 503 where it cannot be read', async () => {
    const { read, faults } = await setUp()
    faults.failing = ['listDecisions', 'readDecision']
    for (const path of ['', '/0f6d1c1e-0000-4000-8000-000000000000']) {
      expect((await read(path)).json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    }
  })
})

describe('an explained decision', () => {
  async function explain() {
    const site = await setUp()
    const explained = async (members: object) => {
      const { decision_id } = (await site.authorize({ ...site.asked, ...members })).json()
      return (await site.read(`/${String(decision_id)}`)).json()
    }
    return { ...site, explained }
  }
  const version = expect.stringMatching(/^The version of the policy was [0-9a-f]{64}\.$/)

  test('says that the policy approves it, and which version did', async () => {
    const { explained } = await explain()
    const { explanation, policy_version } = await explained({})
    expect(explanation).toEqual([
      'The policy approves it.',
      `The version of the policy was ${String(policy_version)}.`,
    ])
  })

  test('has a sentence for each check that failed', async () => {
    const { explained, changeAgent, granted } = await explain()
    await changeAgent(granted, { status: 'suspended' })
    expect((await explained({ amount: 10_001 })).explanation).toEqual([
      'It was declined.',
      'The agent is not active.',
      'The amount is above what the policy allows for one transaction (10001 minor units of USD: at most 5000 at once).',
      'The budget monthly has 10000 of 10000 USD left, and this takes 10001.',
      version,
    ])
  })

  test('says of a budget what was left of it, and of a count that it is used up', async () => {
    const { explained, grant, asked, authorize } = await explain()
    const { instrument } = await grant({
      policy: {
        name: 'two a day',
        budgets: [{ name: 'ever', amount: 3_000, currency: 'USD', window: 'lifetime' }],
        counts: [{ name: 'often', count: 2, window: { calendar: 'day', time_zone: 'UTC' } }],
      },
    })
    const instrument_id = instrument.id
    await authorize({ ...asked, instrument_id })
    expect((await explained({ instrument_id, amount: 1_801 })).explanation).toEqual([
      'It was declined.',
      'The budget ever has 1800 of 3000 USD left, and this takes 1801.',
      version,
    ])
    await authorize({ ...asked, instrument_id })
    expect((await explained({ instrument_id, amount: 1 })).explanation).toEqual([
      'It was declined.',
      'The count often is used up: 2 of 2.',
      version,
    ])
  })

  test('says that a spending authority only observed', async () => {
    const { explained, changeMandate, granted } = await explain()
    await changeMandate(granted, { mode: 'observe' })
    const decision = await explained({ amount: 5_001 })
    expect(decision).toMatchObject({
      mode: 'observe',
      decision: 'APPROVE',
      evaluated: 'DECLINE',
      reason_code: 'LIMIT_PER_TRANSACTION',
    })
    expect((decision.explanation as string[])[0]).toBe(
      'It would have been declined, but the spending authority only observes.',
    )
  })

  test('keeps the version of the policy that it was decided by', async () => {
    const { authorize, asked, read, granted, spending } = await explain()
    const { decision_id } = (await authorize(asked)).json()
    const before = (await read(`/${String(decision_id)}`)).json()
    const stricter = { ...USD_100_A_MONTH, per_transaction: [{ amount: 1, currency: 'USD' }] }
    await spending.policies.update('acme', granted.policyId, stricter)
    expect((await read(`/${String(decision_id)}`)).json()).toEqual(before)
    const { decision_id: later } = (await authorize(asked)).json()
    const after = (await read(`/${String(later)}`)).json()
    expect(after.decision).toBe('DECLINE')
    expect(after.policy_version).not.toBe(before.policy_version)
  })
})
