import { createGate, type RouteGroups, sharedSecretJwt } from 'sallyport'
import { routes } from 'sallyport/express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import type { RawResponse } from '../support/http.js'
import { problemsOf } from '../support/problems.js'
import { tableStore } from '../support/records.js'
import { FIGMA, openSpendSite, type SpendSite, type SpendSiteOptions } from './kit.js'

async function setUp(options?: SpendSiteOptions): Promise<SpendSite> {
  const site = await openSpendSite(options)
  onTestFinished(() => site.app.close())
  return site
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An answer but for the ids that no two answers share. */
function withoutIds({ status, body }: RawResponse) {
  return { status, body: body.replace(/"decision_id":"[^"]+"/, '"decision_id":"..."') }
}

describe('an authorization', () => {
  test('of the first published shape is answered with everything a processor needs', async () => {
    const { grant, authorize, clock } = await setUp()
    const { instrument } = await grant({ instrument: { type: 'card', id: 'inst_abc123' } })
    clock.advance(3_000)
    const answer = await authorize({
      instrument_id: instrument.id,
      merchant: 'Figma Inc.',
      mcc: 7372,
      amount: 1200,
      currency: 'USD',
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json()).toEqual({
      decision: 'APPROVE',
      reason_code: 'POLICY_MATCH',
      decision_id: expect.stringMatching(UUID),
      authorization_id: expect.stringMatching(/^auth_/),
      expires_at: '2026-01-08T00:00:03.000Z',
      mode: 'enforce',
      checks: [
        { check: 'binding_active', result: 'PASS' },
        { check: 'agent_active', result: 'PASS' },
        { check: 'spending_authority_active', result: 'PASS' },
        { check: 'spending_authority_in_force', result: 'PASS' },
        { check: 'currency', result: 'PASS' },
        { check: 'per_transaction_limit', result: 'PASS' },
        { check: 'budget:monthly', result: 'PASS' },
      ],
      budgets: [
        {
          name: 'monthly',
          kind: 'amount',
          limit: 10_000,
          remaining: 8_800,
          currency: 'USD',
          window: { calendar: 'month', time_zone: 'UTC' },
          resets_at: '2026-02-01T00:00:00.000Z',
        },
      ],
    })
  })

  test('of the second published shape is decided in the same way', async () => {
    const { grant, authorize } = await setUp()
    await grant({
      instrument: { type: 'token', id: 'inst_xyz789' },
      policy: {
        name: 'groceries',
        per_transaction: [{ amount: 5_000, currency: 'USD' }],
        merchants: { allow: ['grocery store'] },
        mccs: { allow: [5411] },
      },
    })
    const answer = await authorize({
      instrument_id: 'inst_xyz789',
      amount: 4999,
      currency: 'USD',
      mcc: '5411',
      merchant_name: 'GROCERY STORE',
      issuing_platform: 'MARQETA',
    })
    expect(answer.json()).toMatchObject({
      decision: 'APPROVE',
      reason_code: 'POLICY_MATCH',
      checks: expect.arrayContaining([
        { check: 'merchant', result: 'PASS' },
        { check: 'mcc', result: 'PASS' },
      ]),
      budgets: [],
    })
  })

  test('that the policy declines names the first check that fails, and holds nothing', async () => {
    const { grant, authorize } = await setUp()
    const { instrument } = await grant()
    const declined = await authorize({ ...FIGMA, instrument_id: instrument.id, amount: 5_001 })
    expect(declined.status).toBe(200)
    expect(declined.json()).toMatchObject({
      decision: 'DECLINE',
      reason_code: 'LIMIT_PER_TRANSACTION',
      authorization_id: null,
      expires_at: null,
      mode: 'enforce',
      budgets: [{ remaining: 10_000 }],
    })
    expect(declined.json().checks).toContainEqual({ check: 'per_transaction_limit', result: 'FAIL' })
    const after = await authorize({ ...FIGMA, instrument_id: instrument.id, amount: 5_000 })
    expect(after.json()).toMatchObject({ decision: 'APPROVE', budgets: [{ remaining: 5_000 }] })
  })

  test('that no longer fits a budget is declined, and what is left stays to be spent', async () => {
    const { grant, authorize } = await setUp()
    const { instrument } = await grant()
    const ask = (amount: number) => authorize({ ...FIGMA, instrument_id: instrument.id, amount })
    await ask(5_000)
    await ask(4_000)
    expect((await ask(1_001)).json()).toMatchObject({
      decision: 'DECLINE',
      reason_code: 'BUDGET_EXCEEDED',
      authorization_id: null,
      budgets: [{ remaining: 1_000 }],
    })
    expect((await ask(1_000)).json()).toMatchObject({ decision: 'APPROVE', budgets: [{ remaining: 0 }] })
  })

  test.each([
    ['a wallet', { type: 'wallet', id: ALICE }],
    ['an API key', { type: 'api_key', id: 'cred_0123456789' }],
  ] as const)('finds %s that is bound by its id', async (_what, instrument) => {
    const { grant, authorize } = await setUp()
    await grant({ instrument })
    const answer = await authorize({ ...FIGMA, instrument_id: instrument.id })
    expect(answer.json()).toMatchObject({ decision: 'APPROVE' })
  })

  test('in base units of a mint is answered in them', async () => {
    const { grant, authorize } = await setUp()
    const { instrument } = await grant({
      policy: {
        name: 'tokens',
        budgets: [{ name: 'all', amount: '18446744073709551615', mint: MINT, window: 'lifetime' }],
      },
    })
    const asked = { instrument_id: instrument.id, amount: '18446744073709551000', mint: MINT }
    expect((await authorize(asked)).json()).toMatchObject({
      decision: 'APPROVE',
      budgets: [
        { limit: '18446744073709551615', remaining: 615, mint: MINT, window: 'lifetime', resets_at: null },
      ],
    })
    expect((await authorize({ ...FIGMA, instrument_id: instrument.id })).json()).toMatchObject({
      decision: 'DECLINE',
      reason_code: 'CURRENCY_NOT_ALLOWED',
      budgets: [],
    })
  })

  test('shows a rolling count as a policy writes it', async () => {
    const { grant, authorize } = await setUp()
    const { instrument } = await grant({
      policy: {
        name: 'seldom',
        counts: [{ name: 'hourly', count: 1, window: { rolling_seconds: 3_600 } }],
        currencies: ['USD'],
      },
    })
    const ask = () => authorize({ ...FIGMA, instrument_id: instrument.id })
    expect((await ask()).json().budgets).toEqual([
      {
        name: 'hourly',
        kind: 'count',
        limit: 1,
        remaining: 0,
        window: { rolling_seconds: 3_600 },
        resets_at: null,
      },
    ])
    expect((await ask()).json()).toMatchObject({ decision: 'DECLINE', reason_code: 'COUNT_EXCEEDED' })
  })

  test('by an instrument that the processor may not use is answered as one that nobody has bound', async () => {
    const { grant, authorize, party, enterprise } = await setUp()
    const mine = await grant()
    const foreign = await grant({ processors: ['issuer-two'] })
    const nobody = await grant({ processors: [] })
    const suspended = await grant({ processors: ['issuer-two'], mode: 'observe' })
    const unknown = withoutIds(await authorize({ ...FIGMA, instrument_id: 'inst_unknown' }))
    expect(unknown.status).toBe(200)
    expect(JSON.parse(unknown.body)).toEqual({
      decision: 'DECLINE',
      reason_code: 'INSTRUMENT_UNKNOWN',
      decision_id: '...',
      authorization_id: null,
      expires_at: null,
      mode: null,
      checks: [{ check: 'instrument', result: 'FAIL' }],
      budgets: [],
    })
    for (const { instrument } of [foreign, nobody, suspended]) {
      expect(withoutIds(await authorize({ ...FIGMA, instrument_id: instrument.id }))).toEqual(unknown)
    }
    // Nor does owning the mandate help somebody who asks as a processor.
    const owner = await party('processor', enterprise.accountId)
    expect(
      withoutIds(await authorize({ ...FIGMA, instrument_id: mine.instrument.id }, { by: owner })),
    ).toEqual(unknown)
    expect((await authorize({ ...FIGMA, instrument_id: mine.instrument.id })).json().decision).toBe('APPROVE')
  })

  test('is declined from the moment on that the agent, the authority or the binding is suspended', async () => {
    const { grant, authorize, changeAgent, changeMandate, changeBinding } = await setUp()
    const cases = [
      ['AGENT_INACTIVE', (ids) => changeAgent(ids, { status: 'suspended' })],
      ['SPENDING_AUTHORITY_INACTIVE', (ids) => changeMandate(ids, { status: 'suspended' })],
      ['BINDING_INACTIVE', (ids) => changeBinding(ids, { status: 'suspended' })],
      ['SPENDING_AUTHORITY_NOT_IN_FORCE', (ids) => changeMandate(ids, { validUntilMs: 1 })],
    ] as readonly [string, (ids: Awaited<ReturnType<typeof grant>>) => Promise<unknown>][]
    for (const [code, suspend] of cases) {
      const ids = await grant()
      const ask = () => authorize({ ...FIGMA, instrument_id: ids.instrument.id })
      expect((await ask()).json()).toMatchObject({ decision: 'APPROVE' })
      await suspend(ids)
      expect((await ask()).json()).toMatchObject({
        decision: 'DECLINE',
        reason_code: code,
        authorization_id: null,
      })
    }
  })

  test('is for processors alone, whatever the credential is otherwise good for', async () => {
    const { grant, authorize, party, enterprise } = await setUp()
    const { instrument } = await grant({ processors: ['acme', 'issuer-one', 'nobody'] })
    const roleless = await party(null, 'nobody')
    for (const by of [enterprise, roleless]) {
      const answer = await authorize({ ...FIGMA, instrument_id: instrument.id }, { by })
      expect(answer.json()).toMatchObject({ status: 403, code: 'role_mismatch' })
    }
    const anonymous = { accountId: '', credentialId: '', headers: () => [] }
    const answer = await authorize({ ...FIGMA, instrument_id: instrument.id }, { by: anonymous })
    expect(answer.json()).toMatchObject({ status: 401, code: 'credential_missing' })
  })

  test('goes by the roles that the host has named', async () => {
    const { grant, authorize, party, processor } = await setUp({
      spend: { enterpriseRole: 'buyer', processorRole: 'bank' },
    })
    const { instrument } = await grant({ processors: ['a-bank'] })
    const asked = { ...FIGMA, instrument_id: instrument.id }
    expect((await authorize(asked, { by: await party('bank', 'a-bank') })).json()).toMatchObject({
      decision: 'APPROVE',
    })
    expect((await authorize(asked, { by: processor })).json().code).toBe('role_mismatch')
  })
})

describe('the endpoints of spending', () => {
  const spendless = createGate({ store: { ...tableStore() }, methods: [sharedSecretJwt()] })
  const groups = (spend: unknown) => ({ spend }) as RouteGroups

  test('are not mounted on a gate whose store keeps no spending', () => {
    const findCredential = () => undefined
    const storeless = createGate({ findCredential, methods: [sharedSecretJwt()] })
    expect(problemsOf(() => routes(storeless, groups(true)))).toEqual([
      expect.stringMatching(/^spending needs a gate whose store keeps it/),
    ])
  })

  test.each([
    [false, /^routes\.spend must be true or options/],
    [{ processor: 'bank' }, /^routes\.spend\.processor is not an option/],
    [{ processorRole: '' }, /^routes\.spend\.processorRole must be a non-empty string/],
    [{ enterpriseRole: 7 }, /^routes\.spend\.enterpriseRole must be a non-empty string/],
    [{ enterpriseRole: undefined }, /^routes\.spend\.enterpriseRole is undefined/],
  ])('are not mounted with %j', (options, problem) => {
    expect(problemsOf(() => routes(spendless, groups(options)))).toEqual([expect.stringMatching(problem)])
  })
})
