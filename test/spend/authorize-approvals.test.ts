import type { PolicyDocument } from 'sallyport/spending'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FIGMA, openSpendSite, type Party } from './kit.js'

const ASKS: PolicyDocument = {
  name: 'large ones are looked at',
  per_transaction: [{ amount: 5_000, currency: 'USD' }],
  budgets: [{ name: 'ever', amount: 10_000, currency: 'USD', window: 'lifetime' }],
  approval: { above: [{ amount: 1_000, currency: 'USD' }], ttl_seconds: 600 },
}

interface Waiting {
  readonly approval_id: string
  readonly approve_by: string
}

async function setUp(mode: 'observe' | 'enforce' = 'enforce') {
  const site = await openSpendSite()
  onTestFinished(() => site.app.close())
  const granted = await site.grant({ policy: ASKS, mode })
  const asked = { instrument_id: granted.instrument.id, ...FIGMA }
  let keys = 0
  /** Under a key of its own, unless it is given one. */
  const authorize = async (changes: object = {}, key = `purchase-${++keys}`) =>
    (await site.authorize({ ...asked, ...changes }, { key })).json()
  const waiting = async (changes?: object) => (await authorize(changes)).approval as Waiting
  const answer = (id: string, how: 'approve' | 'reject', by: Party = site.enterprise) =>
    site.ask(by, 'POST', `/v1/approvals/${id}/${how}`)
  const open = async () => {
    const page = await site.ask(site.enterprise, 'GET', '/v1/approvals?status=pending')
    return page.json().approvals as Record<string, unknown>[]
  }
  return { ...site, granted, asked, authorize, waiting, answer, open }
}

describe('a spend that needs an approval', () => {
  test('is declined, and names the approval that it waits for', async () => {
    const { authorize, open } = await setUp()
    const answer = await authorize()
    expect(answer).toMatchObject({
      decision: 'DECLINE',
      reason_code: 'APPROVAL_REQUIRED',
      authorization_id: null,
      budgets: [{ remaining: 10_000 }],
      approval: {
        approval_id: expect.stringMatching(/^apr_/),
        approve_by: '2026-01-01T00:10:00.000Z',
      },
    })
    expect(answer.checks).toContainEqual({ check: 'approval', result: 'FAIL' })
    const { approval_id } = answer.approval as Waiting
    expect(await open()).toMatchObject([
      { approval_id, status: 'pending', amount: 1_200, currency: 'USD', merchant: 'Figma Inc.', mcc: '7372' },
    ])
  })

  test('goes through once it is approved: once, under a new key', async () => {
    const { authorize, answer, ask, enterprise } = await setUp()
    const first = await authorize({}, 'a')
    const { approval_id } = first.approval as Waiting
    expect((await answer(approval_id, 'approve')).json()).toMatchObject({ status: 'approved' })
    expect(await authorize({}, 'a')).toEqual(first)
    const second = await authorize({}, 'b')
    expect(second).toMatchObject({
      decision: 'APPROVE',
      reason_code: 'POLICY_MATCH',
      authorization_id: expect.stringMatching(/^auth_/),
      budgets: [{ remaining: 8_800 }],
    })
    expect(second).not.toHaveProperty('approval')
    expect(second.checks).toContainEqual({ check: 'approval', result: 'PASS' })
    expect(await authorize({}, 'b')).toEqual(second)
    const third = await authorize({}, 'c')
    expect(third).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
    expect((third.approval as Waiting).approval_id).not.toBe(approval_id)
    const { explanation, approval } = (
      await ask(enterprise, 'GET', `/v1/decisions/${String(second.decision_id)}`)
    ).json()
    expect(approval).toEqual({ approval_id, expires_at: '2026-01-01T00:10:00.000Z' })
    expect((explanation as string[])[0]).toBe('The policy approves it.')
  })

  test('is not spent again by giving it back', async () => {
    const { authorize, waiting, answer, ask, processor } = await setUp()
    await answer((await waiting()).approval_id, 'approve')
    const { authorization_id: id } = await authorize()
    await ask(processor, 'POST', `/v1/authorizations/${String(id)}/void`)
    expect(await authorize()).toMatchObject({
      reason_code: 'APPROVAL_REQUIRED',
      budgets: [{ remaining: 10_000 }],
    })
  })

  test('is approved for itself alone', async () => {
    const { authorize, waiting, answer, grant } = await setUp()
    const { approval_id } = await waiting()
    await answer(approval_id, 'approve')
    const { instrument } = await grant({ policy: ASKS })
    for (const changes of [
      { amount: 1_201 },
      { merchant: 'Sketch' },
      { mcc: 7373 },
      { merchant: null },
      { instrument_id: instrument.id },
    ]) {
      expect(await authorize(changes)).toMatchObject({ reason_code: 'APPROVAL_REQUIRED' })
    }
    expect(await authorize()).toMatchObject({ decision: 'APPROVE' })
  })

  test('asks once, however often and by however many it is tried', async () => {
    const { authorize, open } = await setUp()
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => authorize({}, 'same')),
      ...Array.from({ length: 20 }, () => authorize()),
    ])
    const ids = answers.map(({ approval }) => (approval as Waiting | undefined)?.approval_id)
    expect(new Set(ids).size).toBe(1)
    expect(new Set(answers.slice(0, 20).map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await open()).toHaveLength(1)
  })

  test('is let through once where many come at the same moment with what was approved', async () => {
    const { authorize, waiting, answer, asked, ask, enterprise } = await setUp()
    await answer((await waiting()).approval_id, 'approve')
    const answers = await Promise.all(Array.from({ length: 20 }, () => authorize()))
    expect(answers.filter(({ decision }) => decision === 'APPROVE')).toHaveLength(1)
    const codes = new Set(answers.map(({ reason_code }) => reason_code))
    expect(
      [...codes].filter(
        (code) => !['POLICY_MATCH', 'APPROVAL_USED', 'APPROVAL_REQUIRED'].includes(String(code)),
      ),
    ).toEqual([])
    const seen = await ask(enterprise, 'POST', '/v1/intents/validate', { ...asked, amount: 1 })
    expect(seen.json()).toMatchObject({ budgets: [{ remaining: 8_799 }] })
  })

  test('stays declined where it is rejected', async () => {
    const { authorize, waiting, answer } = await setUp()
    const { approval_id } = await waiting()
    expect((await answer(approval_id, 'reject')).json()).toMatchObject({ status: 'rejected' })
    const again = await authorize()
    expect(again).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REJECTED' })
    // Nobody is asked once more.
    expect(again).not.toHaveProperty('approval')
    expect((await answer(approval_id, 'approve')).json()).toMatchObject({ status: 400 })
  })

  test('has its approval still after somebody has only observed it', async () => {
    const { authorize, waiting, answer, changeMandate, granted } = await setUp()
    const { approval_id } = await waiting()
    await answer(approval_id, 'approve')
    await changeMandate(granted, { mode: 'observe' })
    expect(await authorize()).toMatchObject({ decision: 'APPROVE', reason_code: 'POLICY_MATCH' })
    await changeMandate(granted, { mode: 'enforce' })
    expect(await authorize()).toMatchObject({ decision: 'APPROVE', reason_code: 'POLICY_MATCH' })
    expect(await authorize()).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
  })

  test('is asked about anew when the time to answer, or to use the answer, is over', async () => {
    const { authorize, waiting, answer, clock } = await setUp()
    const unanswered = await waiting()
    clock.advance(600_000)
    expect((await answer(unanswered.approval_id, 'approve')).json()).toMatchObject({ status: 400 })
    const unused = await waiting()
    expect(unused.approval_id).not.toBe(unanswered.approval_id)
    await answer(unused.approval_id, 'approve')
    clock.advance(600_000)
    const answered = await authorize()
    expect(answered).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
    expect((answered.approval as Waiting).approval_id).not.toBe(unused.approval_id)
  })

  test('is not asked about where it is declined anyway', async () => {
    const { authorize, open } = await setUp()
    expect(await authorize({ amount: 5_001 })).toMatchObject({ reason_code: 'LIMIT_PER_TRANSACTION' })
    expect(await open()).toEqual([])
  })

  test('is let through by an authority that only observes, which asks nobody', async () => {
    const { authorize, open } = await setUp('observe')
    const answer = await authorize()
    expect(answer).toMatchObject({
      decision: 'APPROVE',
      reason_code: 'OBSERVE_MODE',
      would_decline: { reason_code: 'APPROVAL_REQUIRED' },
    })
    expect(answer).not.toHaveProperty('approval')
    expect(await open()).toEqual([])
  })

  test('is approved by its enterprise, and by nobody else', async () => {
    const { authorize, waiting, answer, processor, party } = await setUp()
    const { approval_id } = await waiting()
    const rival = await party('enterprise', 'rival')
    expect((await answer(approval_id, 'approve', processor)).status).toBe(403)
    expect((await answer(approval_id, 'approve', rival)).status).toBe(404)
    expect(await authorize()).toMatchObject({ decision: 'DECLINE' })
  })
})

describe('everything that it takes', () => {
  test('is set up, spent, capped, watched and suspended over HTTP alone', async () => {
    const { app, ask, enterprise, processor, authorize } = await openSpendSite()
    onTestFinished(() => app.close())
    const make = async (path: string, body: object) => {
      const answer = await ask(enterprise, 'POST', path, body)
      if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
      return answer.json()
    }
    const { agent_id } = await make('/v1/agents', { name: 'office buyer' })
    const { policy_id } = await make('/v1/policies', {
      name: 'office',
      budgets: [{ name: 'ever', amount: 2_000, currency: 'USD', window: 'lifetime' }],
    })
    const { spending_authority_id } = await make('/v1/spending-authorities', {
      agent_id,
      policy_id,
      name: 'supplies',
      mode: 'enforce',
      processor_account_ids: [processor.accountId],
    })
    await make('/v1/bindings', { spending_authority_id, instrument_type: 'card', instrument_id: 'inst_1' })
    const spend = async () => {
      const { decision, reason_code } = (await authorize({ ...FIGMA, instrument_id: 'inst_1' })).json()
      return `${String(decision)} ${String(reason_code)}`
    }
    const change = (path: string, body: object) => ask(enterprise, 'PATCH', path, body)
    expect(await spend()).toBe('APPROVE POLICY_MATCH')
    expect(await spend()).toBe('DECLINE BUDGET_EXCEEDED')
    await change(`/v1/spending-authorities/${String(spending_authority_id)}`, { mode: 'observe' })
    expect(await spend()).toBe('APPROVE POLICY_MATCH')
    expect(await spend()).toBe('APPROVE OBSERVE_MODE')
    await change(`/v1/agents/${String(agent_id)}`, { status: 'suspended' })
    expect(await spend()).toBe('APPROVE OBSERVE_MODE')
    await change(`/v1/spending-authorities/${String(spending_authority_id)}`, { mode: 'enforce' })
    expect(await spend()).toBe('DECLINE AGENT_INACTIVE')
    const log = (await ask(enterprise, 'GET', `/v1/decisions?agent_id=${String(agent_id)}`)).json()
    expect((log.decisions as { reason_code: string }[]).map(({ reason_code }) => reason_code).sort()).toEqual(
      [
        'AGENT_INACTIVE',
        'AGENT_INACTIVE',
        'BUDGET_EXCEEDED',
        'BUDGET_EXCEEDED',
        'POLICY_MATCH',
        'POLICY_MATCH',
      ],
    )
  })
})
