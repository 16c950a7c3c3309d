import { apiKey, createGate, type DecisionEvent, deny, type GateOptions, sharedSecretJwt } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock, START_MS } from '../support/clock.js'
import { throwing } from '../support/failures.js'
import { API_KEY, apiKeyRecord, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { warningsDuring } from '../support/warnings.js'

const ACTO = { mint: MINT, minimum: '1', symbol: 'ACTO' } as const

function eventKit(options: Partial<GateOptions> = {}) {
  const clock = manualClock()
  const store = tableStore(apiKeyRecord({ role: 'enterprise', scopes: ['a'] }), sharedSecretRecord())
  const balances = tableBalances()
  balances.set(ALICE, MINT, 10n ** 9n)
  const events: DecisionEvent[] = []
  const gate = createGate({
    ...{ store, clock, balances, methods: [apiKey(), sharedSecretJwt()] },
    onDecision: (event) => events.push(event),
    ...options,
  })
  const request = () =>
    requestWith([bearer(API_KEY), walletHeader(ALICE)], {
      method: 'POST',
      target: '/v1/proofs?token=abc&x=1',
    })
  return { clock, store, balances, events, gate, request }
}

describe('the event of a decision', () => {
  it('tells who was let in where, and how long it took', async () => {
    const { gate, events, request, clock } = eventKit()
    const strict = gate.with({
      balance: ACTO,
      policy: async () => {
        clock.advance(7)
        return true
      },
    })
    const { decisionId } = await strict(request())
    expect(events).toEqual([
      {
        decisionId,
        outcome: 'allow',
        code: 'allowed',
        atMs: START_MS + 7,
        method: 'POST',
        path: '/v1/proofs',
        principal: { kind: 'apiKey', accountId: 'robots-inc', credentialId: 'cred_key', role: 'enterprise' },
        wallet: ALICE,
        durationMs: 7,
        stagesMs: { authenticate: 0, balance: 0, policy: 7 },
        balance: 'read',
      },
    ])
  })

  it('tells what each stage took, by the monotonic clock', async () => {
    const clock = manualClock()
    const store = tableStore(apiKeyRecord())
    const slow = {
      ...store,
      findCredential: async (...args: Parameters<typeof store.findCredential>) => {
        clock.advance(3)
        clock.stepWall(100_000)
        return store.findCredential(...args)
      },
    }
    const balances = tableBalances()
    balances.set(ALICE, MINT, 10n ** 9n)
    const read = balances.read.bind(balances)
    balances.read = (...args) => {
      clock.advance(5)
      return read(...args)
    }
    const { gate, events, request } = eventKit({ store: slow, clock, balances })
    await gate.with({ balance: ACTO })(request())
    expect(events[0]).toMatchObject({ stagesMs: { authenticate: 3, balance: 5 }, durationMs: 8 })
    expect(events[0]?.stagesMs).not.toHaveProperty('policy')
  })

  it.each([
    ['read', 0, undefined],
    ['cached', 59_999, undefined],
    ['stale', 60_000, undefined],
  ])('tells that a balance was %s', async (how, age) => {
    const { gate, events, request, clock } = eventKit()
    const holders = gate.with({ balance: ACTO })
    await holders(request())
    if (age > 0) {
      clock.advance(age)
      await holders(request())
    }
    expect(events.at(-1)?.balance).toBe(how)
  })

  it('tells the code of a refusal, and who it was as far as that was proven', async () => {
    const { gate, events, request, balances } = eventKit()
    await gate(requestWith())
    await gate(requestWith([bearer(`sk_${'z'.repeat(43)}`)]))
    await gate(requestWith([bearer(API_KEY)]))
    await gate.with({ role: 'processor' })(request())
    balances.set(ALICE, MINT, 0n)
    await gate.with({ balance: ACTO })(request())
    await gate.with({ policy: () => deny('not_today') })(request())
    const told = events.map(({ outcome, code, principal, wallet }) => [
      outcome,
      code,
      principal?.accountId,
      wallet,
    ])
    expect(told).toEqual([
      ['refuse', 'credential_missing', undefined, undefined],
      ['refuse', 'credential_invalid', undefined, undefined],
      ['refuse', 'wallet_missing', 'robots-inc', undefined],
      ['refuse', 'role_mismatch', 'robots-inc', undefined],
      ['refuse', 'balance_insufficient', 'robots-inc', ALICE],
      ['refuse', 'not_today', 'robots-inc', ALICE],
    ])
    for (const event of events) expect(event).not.toHaveProperty('outage')
  })

  it('comes once for every decision, before the caller has it', async () => {
    const { gate, events, request } = eventKit()
    const decision = gate(request())
    expect(events).toHaveLength(1)
    expect((await decision).decisionId).toBe(events[0]?.decisionId)
    await Promise.all(Array.from({ length: 10 }, () => gate(request())))
    expect(events).toHaveLength(11)
  })

  it.each([
    ['store', { findCredential: () => Promise.reject(new Error('down')), store: undefined }, 'store'],
    ['policy', { policies: [() => Promise.reject(new Error('down'))] }, 'policy'],
  ] as const)('tells which dependency is out, and why: %s', async (_what, options, dependency) => {
    const { store, ...rest } = eventKitOptions()
    const given =
      'findCredential' in options ? { findCredential: options.findCredential } : { store, ...options }
    const events: DecisionEvent[] = []
    const gate = createGate({ ...rest, ...given, onDecision: (event) => events.push(event) })
    await gate(requestWith([bearer(API_KEY), walletHeader(ALICE)]))
    expect(events[0]?.outage).toEqual({ dependency, cause: 'down' })
  })

  it('tells of balances that cannot be read', async () => {
    const { gate, events, request, balances } = eventKit()
    balances.fault = () => Promise.reject(new Error('HTTP status 500', { cause: new Error('upstream') }))
    await gate.with({ balance: ACTO })(request())
    expect(events[0]?.outage).toEqual({ dependency: 'balances', cause: 'HTTP status 500: upstream' })
  })

  it('holds no credential, no query and nothing of a cause that could be one', async () => {
    const token = mint({ key_id: 'api_key_abc123', iat: START_MS / 1000, exp: START_MS / 1000 + 60 }, SECRET)
    const { gate, events, store, request } = eventKit()
    const { digest } = apiKeyRecord()
    store.fault = throwing(
      new Error(`redis://u:hunter2@10.0.0.7/0 said no to ${API_KEY}, ${token}, ${SECRET} and ${digest}`),
    )
    await gate(request())
    await gate(requestWith([bearer(token)]))
    store.fault = undefined
    await gate(request())
    await gate(requestWith([bearer(token)], { target: `/x?access_token=${token}` }))
    const text = JSON.stringify(events)
    for (const secret of [API_KEY, token, token.split('.')[2], SECRET, digest, 'hunter2', 'access_token']) {
      expect(text).not.toContain(secret)
    }
    expect(events.map(({ code }) => code)).toEqual([
      ...['dependency_unavailable', 'dependency_unavailable', 'allowed', 'allowed'],
    ])
  })
})

describe('a gate without a hook', () => {
  it('warns of an outage, at most once in ten seconds of the monotonic clock, and counts the rest', async () => {
    const clock = manualClock()
    const store = tableStore()
    store.fault = throwing(new Error('cannot reach https://db.example/?api-key=hunter2'))
    const gate = createGate({ store, clock, methods: [apiKey()] })
    const ask = () => gate(requestWith([bearer(API_KEY)]))
    const told = await warningsDuring(async () => {
      for (let count = 0; count < 5; count++) await ask()
      clock.advance(9_999)
      clock.stepWall(86_400_000)
      await ask()
      clock.advance(1)
      await ask()
      clock.stepWall(-86_400_000)
      clock.advance(10_000)
      await ask()
    })
    expect(told).toEqual([
      'SallyportOutage: store could not answer: cannot reach [url]',
      'SallyportOutage: store could not answer: cannot reach [url] (and 5 more since the last warning)',
      'SallyportOutage: store could not answer: cannot reach [url]',
    ])
  })

  it('warns of nothing that a caller can cause', async () => {
    const gate = createGate({
      store: tableStore(apiKeyRecord()),
      methods: [apiKey()],
      policies: [() => deny('no_way')],
    })
    const told = await warningsDuring(async () => {
      await gate(requestWith())
      await gate(requestWith([bearer('sk_x')]))
      await gate(requestWith([bearer(API_KEY)]))
      await gate(requestWith([bearer(API_KEY), walletHeader(ALICE)]))
    })
    expect(told).toEqual([])
  })

  it('leaves warnings to the hook where there is one', async () => {
    const store = tableStore()
    store.fault = throwing()
    const gate = createGate({ store, methods: [apiKey()], onDecision: () => undefined })
    expect(await warningsDuring(() => gate(requestWith([bearer(API_KEY)])))).toEqual([])
  })
})

function eventKitOptions() {
  return { store: tableStore(apiKeyRecord()), clock: manualClock(), methods: [apiKey()] }
}
