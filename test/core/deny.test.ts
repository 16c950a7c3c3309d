import { createGate, deny, GateError } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { bearer, requestWith } from '../support/requests.js'
import { policyGate, request } from './policy-kit.js'

describe('deny', () => {
  it.each(['refunds_not_allowed', 'a', 'a1_2b', 'x'.repeat(64), 'constructor'])(
    'takes the code %s',
    (code) => {
      expect(deny(code)).toEqual({ type: 'deny', code, detail: undefined })
      expect(Object.isFrozen(deny(code))).toBe(true)
    },
  )

  it.each([
    '',
    'A',
    'Refunds',
    'refunds-not',
    'refunds not',
    '_a',
    'a_',
    'a__b',
    '1a',
    'é',
    'x'.repeat(65),
    'a\n',
    '__proto__',
  ])('refuses the code %j as a mistake of the host', (code) => {
    expect(() => deny(code)).toThrow(GateError)
  })

  it.each([
    ...[
      'credential_missing',
      'credential_invalid',
      'credential_replayed',
      'request_ambiguous',
      'wallet_mismatch',
    ],
    ...['method_mismatch', 'role_mismatch', 'scope_insufficient', 'balance_insufficient', 'policy_denied'],
    ...['policy_unavailable', 'dependency_unavailable', 'rate_limited', 'not_found', 'body_invalid'],
    ...[
      'challenge_invalid',
      'signature_invalid',
      'idempotency_conflict',
      'already_committed',
      'reservation_expired',
    ],
  ])('refuses the code %s, which is of the wire contract', (code) => {
    expect(() => deny(code)).toThrow(/deny: .*Sallyport's own/)
  })

  it('refuses what is no text', () => {
    const loose = deny as (code: unknown, detail?: unknown) => unknown
    for (const code of [undefined, null, 5, ['a'], {}]) expect(() => loose(code)).toThrow(GateError)
    for (const detail of [null, 5, {}]) expect(() => loose('a_code', detail)).toThrow(GateError)
  })

  it('with a reserved code inside a policy is the policy failing, and closed', async () => {
    const gate = policyGate([() => deny('credential_invalid')])
    expect(await codeOf(gate, request())).toBe('policy_unavailable')
  })
})

describe('a gate with a memory store and a policy', () => {
  it('reads as the README shows it', async () => {
    const store = memoryStore()
    const gate = createGate({ store })
    const refunders = gate.with({
      policy: ({ access }) => access.principal.scopes.includes('refunds') || deny('refunds_not_allowed'),
    })
    const { key } = await store.issueApiKey({ accountId: 'a', scopes: ['refunds'] })
    const { key: other } = await store.issueApiKey({ accountId: 'a' })
    expect(await codeOf(refunders, requestWith([bearer(key)]))).toBe('allowed')
    expect(wireOf(await refusalOf(refunders, requestWith([bearer(other)]))).body.code).toBe(
      'refunds_not_allowed',
    )
  })
})
