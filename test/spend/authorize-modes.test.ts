import type { DecisionEvent } from 'sallyport'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FIGMA, openSpendSite } from './kit.js'

async function setUp(mode: 'observe' | 'enforce') {
  const events: DecisionEvent[] = []
  const site = await openSpendSite({ gate: { onDecision: (event) => events.push(event) } })
  onTestFinished(() => site.app.close())
  const granted = await site.grant({ mode })
  const asked = { instrument_id: granted.instrument.id, ...FIGMA }
  const settle = (id: unknown, how: string, body?: object) =>
    site.ask(site.processor, 'POST', `/v1/authorizations/${String(id)}/${how}`, body)
  return { ...site, events, granted, asked, settle }
}

describe('a spending authority that observes', () => {
  test('lets through what it would decline, and says so', async () => {
    const { authorize, asked } = await setUp('observe')
    const answer = await authorize({ ...asked, amount: 5_001 })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({
      decision: 'APPROVE',
      reason_code: 'OBSERVE_MODE',
      would_decline: { reason_code: 'LIMIT_PER_TRANSACTION' },
      authorization_id: expect.stringMatching(/^auth_/),
      expires_at: null,
      mode: 'observe',
      budgets: [{ remaining: 10_000 }],
    })
    expect(answer.json()).not.toHaveProperty('degraded')
    expect(answer.json().checks).toContainEqual({ check: 'per_transaction_limit', result: 'FAIL' })
  })

  test('says nothing of the kind where the policy approves', async () => {
    const { authorize, asked } = await setUp('observe')
    const { would_decline, ...answer } = (await authorize(asked)).json()
    expect(would_decline).toBeUndefined()
    expect(answer).toMatchObject({
      decision: 'APPROVE',
      reason_code: 'POLICY_MATCH',
      mode: 'observe',
      expires_at: '2026-01-08T00:00:00.000Z',
      budgets: [{ remaining: 8_800 }],
    })
  })

  test('counts what it approves in a ledger of its own, and not what it would decline', async () => {
    const { authorize, asked, changeMandate, granted } = await setUp('observe')
    const remaining = async (amount: number) => {
      const { budgets, reason_code } = (await authorize({ ...asked, amount })).json()
      return [reason_code, (budgets as { remaining: number }[])[0]?.remaining]
    }
    expect(await remaining(5_000)).toEqual(['POLICY_MATCH', 5_000])
    expect(await remaining(4_000)).toEqual(['POLICY_MATCH', 1_000])
    expect(await remaining(1_001)).toEqual(['OBSERVE_MODE', 1_000])
    await changeMandate(granted, { mode: 'enforce' })
    expect(await remaining(5_000)).toEqual(['POLICY_MATCH', 5_000])
  })

  test('is the same for the same key: what was let through is let through again, byte for byte', async () => {
    const { authorize, asked } = await setUp('observe')
    const ask = () => authorize({ ...asked, amount: 5_001 }, { key: 'k' })
    const [first, ...others] = await Promise.all([ask(), ask(), ask()])
    for (const other of [...others, await ask()]) expect(other.body).toBe(first?.body)
  })

  test('lets what it let through be captured and voided, though nothing is held', async () => {
    const { authorize, asked, settle, ask, processor } = await setUp('observe')
    const { authorization_id: id } = (await authorize({ ...asked, amount: 5_001 })).json()
    expect((await ask(processor, 'GET', `/v1/authorizations/${String(id)}`)).json()).toMatchObject({
      status: 'authorized',
      held: false,
      authorized_amount: 5_001,
      captured_amount: 0,
      expires_at: null,
      trail: [{ event: 'authorized', amount: 5_001 }],
    })
    expect((await settle(id, 'capture', { amount: 4_000 })).json()).toEqual({
      authorization_id: id,
      status: 'captured',
      held: false,
      authorized_amount: 5_001,
      captured_amount: 4_000,
      settled_at: null,
    })
    expect((await settle(id, 'capture')).json()).toMatchObject({ captured_amount: 5_001 })
    expect((await settle(id, 'void')).json()).toMatchObject({ status: 'voided', captured_amount: 0 })
    expect((await settle(id, 'capture', { amount: 5_002 })).json()).toMatchObject({
      status: 409,
      code: 'reservation_exceeded',
      reserved: '5001',
    })
  })

  test.each([
    ['the ledger', ['reserve'], 1_200, []],
    ['the ledger, when it is only looked at', ['readSums'], 5_001, [{ degraded: true, mode: 'observe' }]],
  ] as const)('goes on through an outage of %s, and says that it did', async (...outage) => {
    const [, failing, amount, logged] = outage
    const { authorize, asked, faults, events, ask, enterprise } = await setUp('observe')
    faults.failing = failing
    const answer = await authorize({ ...asked, amount }, { key: 'k' })
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({
      decision: 'APPROVE',
      reason_code: 'OBSERVE_MODE',
      decision_id: expect.any(String),
      authorization_id: null,
      expires_at: null,
      mode: 'observe',
      degraded: true,
      checks: [],
      budgets: [],
    })
    expect(events.at(-1)).toMatchObject({
      spend: { degraded: true, mode: 'observe' },
      outage: { dependency: 'store' },
    })
    faults.failing = undefined
    // In the log too, where that is there.
    expect((await ask(enterprise, 'GET', '/v1/decisions')).json().decisions).toMatchObject(logged)
    expect((await authorize(asked, { key: 'k' })).json()).toMatchObject({ reason_code: 'POLICY_MATCH' })
  })

  test('refuses those who are nobody, and those of another role', async () => {
    const { authorize, asked, enterprise } = await setUp('observe')
    expect((await authorize(asked, { by: enterprise })).status).toBe(403)
    const nobody = { accountId: '', credentialId: '', headers: () => [] }
    expect((await authorize(asked, { by: nobody })).status).toBe(401)
  })
})

describe('a spending authority that enforces', () => {
  test.each([
    ['the ledger', 'reserve'],
    ['bindings', 'findSpendRecord'],
    ['mandates, agents and policies', 'readSpendRecord'],
  ] as const)('never opens where %s cannot be known', async (_what, verb) => {
    const { authorize, asked, faults } = await setUp('enforce')
    faults.failing = [verb]
    const answer = await authorize(asked, { key: 'k' })
    expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable', retryable: true })
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.body).not.toContain('the store is down')
    faults.failing = undefined
    expect((await authorize(asked, { key: 'k' })).json()).toMatchObject({
      decision: 'APPROVE',
      budgets: [{ remaining: 8_800 }],
    })
  })

  test('is 503 where nobody can find out whether it would only observe', async () => {
    const { authorize, asked, faults } = await setUp('observe')
    for (const verb of ['findSpendRecord', 'readSpendRecord'] as const) {
      faults.failing = [verb]
      expect((await authorize(asked)).json()).toMatchObject({ status: 503 })
    }
  })

  test('cannot capture, void or read through an outage', async () => {
    const { authorize, asked, faults, settle, ask, processor } = await setUp('enforce')
    const { authorization_id: id } = (await authorize(asked)).json()
    faults.failing = ['readReservation']
    for (const answer of [
      await settle(id, 'capture'),
      await settle(id, 'void'),
      await ask(processor, 'GET', `/v1/authorizations/${String(id)}`),
    ]) {
      expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    }
    faults.failing = undefined
    expect((await settle(id, 'capture')).json()).toMatchObject({ status: 'captured' })
  })

  test('tells the host of every decision, with what it rests on', async () => {
    const { authorize, asked, events, granted } = await setUp('enforce')
    const answer = await authorize({ ...asked, amount: 5_001 })
    expect(events.find(({ spend }) => spend !== undefined)).toMatchObject({
      decisionId: answer.json().decision_id,
      outcome: 'refuse',
      code: 'spend_denied',
      spend: {
        purpose: 'authorize',
        mode: 'enforce',
        evaluated: 'DECLINE',
        reasonCode: 'LIMIT_PER_TRANSACTION',
        agentId: granted.agentId,
        mandateId: granted.mandateId,
        amount: '5001',
        asset: 'USD',
      },
    })
  })
})
