import { deny, type Policy, type Verdict } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { never, thenable, throwing, untouchable } from '../support/failures.js'
import { API_KEY } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { answering, policyGate, request } from './policy-kit.js'

describe('policies', () => {
  it('are asked in order, the root gate first, each gate before those made from it', async () => {
    const asked: string[] = []
    const say =
      (name: string, verdict: Verdict): Policy =>
      () => {
        asked.push(name)
        return verdict
      }
    const root = policyGate([say('first', true), say('second', true)])
    const child = root.with({ policy: say('child', true) }).with({ policy: say('grandchild', true) })
    expect(await codeOf(child, request())).toBe('allowed')
    expect(asked).toEqual(['first', 'second', 'child', 'grandchild'])
    asked.length = 0
    expect(await codeOf(root, request())).toBe('allowed')
    expect(asked).toEqual(['first', 'second'])
  })

  it.each([0, 1, 2, 3])('end with the first refusal: that of number %d', async (at) => {
    const asked: number[] = []
    const say =
      (number: number): Policy =>
      () => {
        asked.push(number)
        return number === at ? deny(`no_${number}`) : true
      }
    const root = policyGate([say(0), async (...input) => say(1)(...input)])
    const gate = root.with({ policy: say(2) }).with({ policy: async (...input) => say(3)(...input) })
    expect(wireOf(await refusalOf(gate, request())).body.code).toBe(`no_${at}`)
    expect(asked).toEqual([0, 1, 2, 3].slice(0, at + 1))
  })

  it('are asked last: not where anything before them refuses', async () => {
    const asked: string[] = []
    const gate = policyGate([() => asked.push('root') > 0])
    const stranger = requestWith([bearer(`sk_${'x'.repeat(43)}`)])
    expect(await codeOf(gate, stranger)).toBe('credential_invalid')
    expect(await codeOf(gate.with({ role: 'processor' }), request())).toBe('role_mismatch')
    expect(await codeOf(gate, requestWith([bearer(API_KEY)]))).toBe('wallet_missing')
    expect(asked).toEqual([])
  })

  it('are asked anew for every request', async () => {
    let asked = 0
    const gate = policyGate([() => ++asked < 3])
    expect([
      await codeOf(gate, request()),
      await codeOf(gate, request()),
      await codeOf(gate, request()),
    ]).toEqual(['allowed', 'allowed', 'policy_denied'])
  })

  it('see who asks for what, and can change none of it', async () => {
    let seen: Parameters<Policy>[0] | undefined
    const gate = policyGate([
      (input) => {
        seen = input
        return true
      },
    ])
    const asked = request()
    const decision = await gate(asked)
    if (decision.type !== 'allow' || seen === undefined) throw new Error('expected to be let in')
    expect(seen.access).toBe(decision.access)
    expect(seen.request).toMatchObject({ method: 'POST', target: '/v1/refunds?id=1', ip: undefined })
    expect(JSON.parse(JSON.stringify(seen.request))).toEqual({ method: 'POST', target: '/v1/refunds?id=1' })
    expect(seen.native).toBe(asked.native)
    expect(seen.access.wallet?.address).toBe(ALICE)
    const { access } = seen
    const parts = [
      seen,
      seen.request,
      access,
      access.principal,
      access.principal.scopes,
      access.principal.wallets,
    ]
    for (const part of [...parts, access.wallet, access.wallet?.filter])
      expect(Object.isFrozen(part)).toBe(true)
    expect(Reflect.set(access.principal, 'role', 'admin')).toBe(false)
    expect(Reflect.set(access, 'wallet', null)).toBe(false)
  })

  it('leave a decision that is known at once without a promise', () => {
    const gate = policyGate([() => true, () => true]).with({ policy: () => true })
    expect(gate(request())).toMatchObject({ type: 'allow' })
    expect(policyGate([() => false])(request())).toMatchObject({ type: 'refuse' })
    expect(policyGate([async () => true])(request())).toBeInstanceOf(Promise)
  })
})

describe('the answer of a policy', () => {
  it('true lets in, at once or later', async () => {
    expect(await codeOf(policyGate([() => true]), request())).toBe('allowed')
    expect(await codeOf(policyGate([async () => true]), request())).toBe('allowed')
  })

  it('false refuses with 403', async () => {
    for (const policy of [() => false, async () => false]) {
      expect(wireOf(await refusalOf(policyGate([policy]), request()))).toMatchObject({
        status: 403,
        body: {
          code: 'policy_denied',
          detail: 'A policy of this service refuses the request',
          retryable: false,
        },
      })
    }
  })

  it('deny refuses with a code and a sentence of its own', async () => {
    const gate = policyGate([() => deny('refunds_not_allowed', 'Refunds need the refunds scope')])
    expect(wireOf(await refusalOf(gate, request()))).toMatchObject({
      status: 403,
      body: {
        type: 'urn:sallyport:problem:policy_denied',
        code: 'refunds_not_allowed',
        detail: 'Refunds need the refunds scope',
      },
    })
    const bare = wireOf(await refusalOf(policyGate([async () => deny('later')]), request()))
    expect(bare.body).toMatchObject({ code: 'later', detail: 'A policy of this service refuses the request' })
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['1', 1],
    ['0', 0],
    ["'yes'", 'yes'],
    ["'true'", 'true'],
    ["''", ''],
    ['{}', {}],
    ['[true]', [true]],
    ['new Boolean(true)', Object(true)],
    ['a function', () => true],
    ['a forged deny', { type: 'deny', code: 'credential_missing', detail: 'x' }],
    ['a forged allow', { type: 'allow' }],
    ['a copy of a deny', { ...deny('a_code') }],
    ['an object made from a deny', Object.create(deny('a_code'))],
  ])('%s is none, so nobody passes', async (_what, verdict) => {
    for (const policy of [answering(verdict), answering(Promise.resolve(verdict))]) {
      expect(wireOf(await refusalOf(policyGate([policy]), request()))).toMatchObject({
        status: 503,
        headers: { 'Retry-After': '2' },
        body: { code: 'policy_unavailable', retryable: true },
      })
    }
  })

  it.each<readonly [string, Policy]>([
    ['throws', throwing(new Error('broken'))],
    ['throws nothing', throwing(undefined)],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['rejects with true', () => Promise.reject(true)],
    ['answers a promise whose then throws', answering(thenable(throwing()))],
    ['answers an object that cannot be looked at', answering(untouchable())],
    ['never answers', never],
  ])('is closed where it %s', async (_how, policy) => {
    const gate = policyGate([policy], { policyTimeoutMs: 20 })
    expect((await refusalOf(gate, request())).code).toBe('policy_unavailable')
    expect((await refusalOf(gate.with({ policy: () => true }), request())).code).toBe('policy_unavailable')
  })

  it('may come by anything that has a then', async () => {
    const later = (verdict: unknown) => answering(thenable((resolve) => resolve(verdict)))
    expect(await codeOf(policyGate([later(true)]), request())).toBe('allowed')
    expect(await codeOf(policyGate([later(false)]), request())).toBe('policy_denied')
    expect(await codeOf(policyGate([later(1)]), request())).toBe('policy_unavailable')
  })

  it('is not waited for beyond its time, which each policy has to itself', async () => {
    const slow =
      (ms: number): Policy =>
      () =>
        new Promise((resolve) => setTimeout(resolve, ms, true))
    expect(await codeOf(policyGate([slow(30), slow(30)], { policyTimeoutMs: 50 }), request())).toBe('allowed')
    const gate = policyGate([never], { policyTimeoutMs: 20 })
    const startedMs = performance.now()
    expect(await codeOf(gate, request())).toBe('policy_unavailable')
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })
})
