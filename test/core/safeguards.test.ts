import {
  type Access,
  apiKey,
  type Credential,
  createGate,
  type DecisionEvent,
  type Gate,
  GateError,
  type GateRequest,
  sharedSecretJwt,
  toGateRequest,
} from 'sallyport'
import { optionalAccess } from 'sallyport/express'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint } from '../support/tokens.js'

const keyed = (clock = manualClock()) => {
  const store = tableStore(apiKeyRecord())
  return { clock, store, request: requestWith([bearer(API_KEY), walletHeader(ALICE)]) }
}

describe('a requirement without a value', () => {
  const gate = createGate({ store: memoryStore() })
  const unset = process.env.SALLYPORT_NEVER_SET

  it.each(['methods', 'role', 'scopes', 'wallet', 'balance', 'policy'])('is refused: %s', (name) => {
    expect(() => gate.with({ [name]: unset })).toThrow(new RegExp(`requirements\\.${name} is undefined`))
  })

  it.each(['environment', 'policies'])('is refused where the gate is made: %s', (name) => {
    expect(() => createGate({ store: memoryStore(), [name]: unset })).toThrow(
      new RegExp(`createGate\\.${name} is undefined`),
    )
  })
})

describe('what is known of a request', () => {
  it('is known to the guards that follow at once, and found out anew when it is old', async () => {
    const { clock, store, request } = keyed()
    const gate = createGate({ store, methods: [apiKey()], clock, revocationBoundMs: 1_000 })
    expect(await codeOf(gate, request)).toBe('allowed')
    store.put(apiKeyRecord({ status: 'revoked' }))
    clock.advance(1_000)
    expect(await codeOf(gate, request)).toBe('allowed')
    clock.advance(1)
    expect(await codeOf(gate, request)).toBe('credential_invalid')
  })

  it('keeps no balance longer than that', async () => {
    const { clock, store, request } = keyed()
    const balances = tableBalances({ decimals: 0 })
    balances.set(ALICE, MINT, 10n)
    const options = { store, methods: [apiKey()], clock, balances, balanceCache: false } as const
    const members = createGate(options).with({ balance: { mint: MINT, minimum: '10', symbol: 'ACTO' } })
    expect(await codeOf(members, request)).toBe('allowed')
    balances.set(ALICE, MINT, 9n)
    clock.advance(2_001)
    expect(await codeOf(members, request)).toBe('balance_insufficient')
  })

  it('holds that a token was used by this very request, whatever guards it meets and however late', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const { keyId, sharedSecret } = await store.issueSharedSecret({ accountId: 'a' })
    const options = { store, methods: [sharedSecretJwt({ replay: 'jti' })], clock } as const
    const [gate, other] = [createGate(options), createGate({ ...options, store: memoryStore({ clock }) })]
    const iat = Math.floor(clock.wallMs() / 1000)
    const token = mint({ key_id: keyId, iat, exp: iat + 600, jti: 'once' }, sharedSecret)
    const request = requestWith([bearer(token)])
    expect(await codeOf(gate, request)).toBe('allowed')
    expect(await codeOf(other, request)).toBe('credential_invalid')
    expect(await codeOf(gate, request)).toBe('allowed')
    clock.advance(60_000)
    expect(await codeOf(gate, request)).toBe('allowed')
    expect(await codeOf(gate, requestWith([bearer(token)]))).toBe('credential_replayed')
  })
})

describe('a clock that answers no time', () => {
  it.each(['wallMs', 'monotonicMs'] as const)(
    'makes an outage, and nothing lasts for ever by it: %s',
    async (reading) => {
      const store = tableStore(apiKeyRecord({ expiresAtMs: 1 }), sharedSecretRecord())
      const clock = { ...manualClock(), [reading]: () => Number.NaN }
      const gate = createGate({ store, methods: [apiKey(), sharedSecretJwt()], clock })
      const token = mint({ key_id: 'api_key_abc123', iat: 1, exp: 2 }, SECRET)
      for (const credential of [API_KEY, token]) {
        expect(await codeOf(gate, requestWith([bearer(credential), walletHeader(ALICE)]))).toBe(
          'dependency_unavailable',
        )
      }
    },
  )
})

describe('what a host hands over', () => {
  it('cannot be changed afterwards to open the gate', async () => {
    const { store, request } = keyed()
    const policies = [() => false]
    const gate = createGate({ store, methods: [apiKey()], policies })
    policies.length = 0
    expect(await codeOf(gate, request)).toBe('policy_denied')
  })

  it('may be no request at all: the gate refuses and does not throw', async () => {
    const gate = createGate({ store: memoryStore() })
    for (const nothing of [{}, { rawHeaders: 5 }, { rawHeaders: [] }]) {
      expect(await codeOf(gate, nothing as unknown as GateRequest)).not.toBe('allowed')
    }
  })

  it.each(['toString', 'constructor', 'hasOwnProperty', '__proto__', 'prototype'])(
    'may not name the owner of records by what every object has: %s',
    (field) => {
      expect(() => createGate({ store: memoryStore(), wallet: { field } })).toThrow(GateError)
    },
  )

  it('may not be a method that would never be asked', () => {
    const method = { ...apiKey(), presents: 'other' } as never
    expect(() => createGate({ store: memoryStore(), methods: [method] })).toThrow(/^methods must be made by/)
  })
})

describe('an anonymous caller', () => {
  const balances = tableBalances()
  const gate: Gate<Access> = createGate({ store: memoryStore(), balances })
  const nobody = toGateRequest({ method: 'GET', rawHeaders: ['Host', 'a'], headers: {} }, '/', {})

  it('is let in by no gate that requires a wallet', async () => {
    const holders = gate.with({
      wallet: 'required',
      policy: ({ access }) => access.wallet?.address !== 'banned',
    })
    expect(await holders.optional(nobody)).toMatchObject({ type: 'refuse', code: 'credential_missing' })
    expect(() => optionalAccess(holders)).toThrow(/requires a wallet/)
    expect(await gate.optional(nobody)).toMatchObject({ type: 'allow' })
  })
})

describe('why a credential is invalid', () => {
  async function hintOf(credential: string, ...records: readonly Credential[]) {
    const events: DecisionEvent[] = []
    const gate = createGate({
      store: tableStore(...records),
      methods: [apiKey(), sharedSecretJwt()],
      environment: 'production',
      clock: manualClock(),
      onDecision: (event) => events.push(event),
    })
    const decision = await gate(requestWith([bearer(credential), walletHeader(ALICE)]))
    expect(decision).toMatchObject({ type: 'refuse', code: 'credential_invalid' })
    return events[0]?.hint
  }
  const iat = Math.floor(manualClock().wallMs() / 1000)
  const signed = mint({ key_id: 'api_key_abc123', iat, exp: iat + 60 }, SECRET)

  it.each([
    ['a key of another prefix', () => hintOf(`acto_${'k'.repeat(43)}`), 'no method of this gate reads'],
    ['an unknown key', () => hintOf(API_KEY), 'no stored credential has this digest'],
    [
      'a revoked key',
      () => hintOf(API_KEY, apiKeyRecord({ status: 'revoked' })),
      'credential cred_key is revoked',
    ],
    [
      'a key of another environment',
      () => hintOf(API_KEY, apiKeyRecord({ environment: 'sandbox' })),
      'environment sandbox, and this gate is for production',
    ],
    ['an unknown key_id', () => hintOf(signed), 'no stored credential has this key_id'],
    [
      'a wrong signature',
      () => hintOf(signed, sharedSecretRecord({ secrets: ['x'.repeat(32)] })),
      'the signature is not made with',
    ],
    [
      'a disabled pair',
      () => hintOf(signed, sharedSecretRecord({ status: 'disabled' })),
      'credential cred_jwt is disabled',
    ],
    ['a token that is none', () => hintOf('a.b.c'), 'not a compact JWT'],
  ])('is told to the host alone: %s', async (_what, hint, expected) => {
    expect(await hint()).toContain(expected)
  })
})
