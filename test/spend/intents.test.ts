import { describe, expect, onTestFinished, test } from 'vitest'
import { FIGMA, openSpendSite, type Party } from './kit.js'

async function setUp() {
  const site = await openSpendSite()
  onTestFinished(() => site.app.close())
  const granted = await site.grant()
  const asked = { instrument_id: granted.instrument.id, ...FIGMA }
  const validate = (members: object, by: Party = site.enterprise) =>
    site.ask(by, 'POST', '/v1/intents/validate', members)
  return { ...site, granted, asked, validate }
}

describe('an intent', () => {
  test('is answered as the authorization would be, and holds nothing', async () => {
    const { validate, authorize, asked, ask, enterprise } = await setUp()
    const answers = [await validate(asked), await validate(asked)]
    const { authorization_id, expires_at, decision_id, ...authorization } = (await authorize(asked)).json()
    for (const answer of answers) {
      const { decision_id: id, ...verdict } = answer.json()
      expect(verdict).toEqual(authorization)
      expect(id).not.toBe(decision_id)
    }
    expect([authorization_id, expires_at]).not.toContain(null)
    const { decisions } = (await ask(enterprise, 'GET', '/v1/decisions')).json()
    expect(decisions).toMatchObject([
      { purpose: expect.any(String) },
      { purpose: expect.any(String) },
      { purpose: expect.any(String) },
    ])
    const intents = (decisions as { purpose: string }[]).filter(({ purpose }) => purpose === 'intent')
    expect(intents).toHaveLength(2)
    expect(intents[0]).toMatchObject({ reservation_id: null, caller_account_id: 'acme', account_id: 'acme' })
  })

  test('sees what is held by now', async () => {
    const { validate, authorize, asked } = await setUp()
    await authorize({ ...asked, amount: 5_000 })
    await authorize({ ...asked, amount: 4_000 })
    expect((await validate({ ...asked, amount: 1_001 })).json()).toMatchObject({
      decision: 'DECLINE',
      reason_code: 'BUDGET_EXCEEDED',
      budgets: [{ remaining: 1_000 }],
    })
    expect((await validate({ ...asked, amount: 1_000 })).json()).toMatchObject({
      decision: 'APPROVE',
      budgets: [{ remaining: 0 }],
    })
  })

  test('takes both published shapes, and refuses what an authorization refuses', async () => {
    const { validate, asked } = await setUp()
    const { merchant, ...rest } = asked
    const other = { ...rest, mcc: '7372', merchant_name: merchant, issuing_platform: 'MARQETA' }
    expect((await validate(other)).json()).toMatchObject({ decision: 'APPROVE' })
    expect((await validate({ ...asked, amount: -1 })).json()).toMatchObject({
      status: 400,
      code: 'body_invalid',
      detail: expect.stringMatching(/^amount must be/),
    })
  })

  test('asks nobody for an approval', async () => {
    const { validate, grant, store, asked } = await setUp()
    const { instrument } = await grant({
      policy: {
        name: 'asks',
        per_transaction: [{ amount: 5_000, currency: 'USD' }],
        approval: { above: [{ amount: 1_000, currency: 'USD' }] },
      },
    })
    const answer = (await validate({ ...asked, instrument_id: instrument.id })).json()
    expect(answer).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
    expect(answer).not.toHaveProperty('approval')
    const signal = new AbortController().signal
    const { records } = await store.listSpendRecords(
      { kind: 'approval', accountId: 'acme', limit: 10 },
      { signal },
    )
    expect(records).toEqual([])
  })

  test('of another enterprise’s agent is answered as of an instrument that nobody has bound', async () => {
    const { validate, asked, party } = await setUp()
    const rival = await party('enterprise', 'rival')
    const strip = ({ decision_id: _id, ...rest }: Record<string, unknown>) => rest
    const foreign = await validate(asked, rival)
    const unknown = await validate({ ...asked, instrument_id: 'inst_unknown' }, rival)
    expect(strip(foreign.json())).toEqual(strip(unknown.json()))
    expect(foreign.json()).toMatchObject({ reason_code: 'INSTRUMENT_UNKNOWN', mode: null, budgets: [] })
  })

  test('is for enterprises', async () => {
    const { validate, asked, processor } = await setUp()
    expect((await validate(asked, processor)).json()).toMatchObject({ status: 403, code: 'role_mismatch' })
  })

  test('is 503 where nothing can be known', async () => {
    const { validate, asked, faults } = await setUp()
    for (const verb of ['findSpendRecord', 'readSums', 'reserve'] as const) {
      faults.failing = [verb]
      expect((await validate(asked)).json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    }
  })
})
