import { createGate, deny } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { codeOf } from '../support/decisions.js'
import { API_KEY } from '../support/records.js'
import { mint } from '../support/tokens.js'
import { eventually, NEVER_MS, ORIGIN, requestOf, SESSION_SECRET, usageKit } from './usage-kit.js'

const HOUR_MS = 3_600_000

/** The same numbers every time. */
function numbers(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('a request of a stored credential', () => {
  it('is counted exactly: a thousand of all kinds, by credential, route and outcome', async () => {
    const { gate, inner, issue, sums, clock } = usageKit()
    const keys = [await issue(), await issue(), await issue()]
    const pair = await inner.issueSharedSecret({ accountId: 'acme', role: 'processor' })
    const guards = {
      allowed: gate,
      policy_denied: gate.with({ policy: () => false }),
      method_mismatch: gate.with({ methods: ['walletSession'] }),
      scope_insufficient: gate.with({ scopes: ['refunds'] }),
      wallet_required: gate.with({ wallet: 'required' }),
    }
    const expected = new Map<string, Record<string, number>>()
    const next = numbers(7)
    const routes = ['/v1/proofs', '/v1/proofs/:id', '/v1/refunds']
    const waiting: Promise<unknown>[] = []
    for (let sent = 0; sent < 1_000; sent++) {
      const outcome = (Object.keys(guards) as (keyof typeof guards)[])[next(5)] ?? 'allowed'
      const [route = '', method = ''] = [routes[next(3)], ['GET', 'POST'][next(2)]]
      const at = next(4)
      const seconds = Math.floor(clock.wallMs() / 1000)
      const claims = { key_id: pair.keyId, iat: seconds, exp: seconds + 60 }
      const token = keys[at]?.key ?? mint(claims, pair.sharedSecret)
      const id = keys[at]?.credentialId ?? pair.credentialId
      const counts = expected.get(id) ?? {}
      const named = `${outcome} ${method} ${route}`
      expected.set(id, { ...counts, [named]: (counts[named] ?? 0) + 1 })
      waiting.push(codeOf(guards[outcome], requestOf(token, { method, route }).ask()))
      if (next(10) === 0) clock.advance(977)
    }
    await Promise.all(waiting)
    await gate.close()
    for (const { credentialId } of [...keys, pair]) {
      expect(await sums(credentialId)).toEqual(expected.get(credentialId))
    }
  })

  it('is counted once by all guards that it passes, as what the last of them made of it', async () => {
    const { gate, issue, sums } = usageKit()
    const { key, credentialId } = await issue()
    const refunds = gate.with({ policy: () => false })
    const apiKeys = gate.with({ methods: ['apiKey'] })

    const refused = requestOf(key)
    expect(await codeOf(gate, refused.ask())).toBe('allowed')
    refused.found('/v1/refunds')
    expect(await codeOf(apiKeys, refused.ask())).toBe('allowed')
    expect(await codeOf(refunds, refused.ask())).toBe('policy_denied')

    const allowed = requestOf(key)
    for (const guard of [gate, apiKeys, gate, apiKeys])
      expect(await codeOf(guard, allowed.ask())).toBe('allowed')
    await gate.close()
    expect(await sums(credentialId)).toEqual({
      'policy_denied GET /v1/refunds': 1,
      'allowed GET (unmatched)': 1,
    })
  })

  it('is counted as policy_denied where a policy refuses it, whatever code that gives', async () => {
    const { gate, issue, sums } = usageKit()
    const { key, credentialId } = await issue()
    for (const code of ['refunds_closed', 'refunds_not_allowed']) {
      await codeOf(gate.with({ policy: () => deny(code) }), requestOf(key, { route: '/x' }).ask())
    }
    await gate.close()
    expect(await sums(credentialId)).toEqual({ 'policy_denied GET /x': 2 })
  })

  it('is moved though it was written before the second guard has its say', async () => {
    const { gate, issue, sums, batches } = usageKit({ usage: { flushIntervalMs: 1 } })
    const { key, credentialId } = await issue()
    const request = requestOf(key)
    await codeOf(gate, request.ask())
    await eventually(async () => expect(await sums(credentialId)).toEqual({ 'allowed GET (unmatched)': 1 }))
    request.found('/v1/refunds')
    await codeOf(gate.with({ scopes: ['refunds'] }), request.ask())
    await eventually(async () =>
      expect(await sums(credentialId)).toEqual({ 'scope_insufficient GET /v1/refunds': 1 }),
    )
    expect(batches).toHaveLength(2)
    await gate.close()
  })

  it('is counted by each of two gates that share nothing but the store', async () => {
    const { gate, issue, sums, store, clock } = usageKit()
    const { key, credentialId } = await issue()
    const other = createGate({ store, clock, usage: { flushIntervalMs: NEVER_MS } })
    const request = requestOf(key, { route: '/x' })
    await codeOf(gate, request.ask())
    await codeOf(other.with({ scopes: ['refunds'] }), request.ask())
    await Promise.all([gate.close(), other.close()])
    expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 1, 'scope_insufficient GET /x': 1 })
  })

  it('is counted in the hour that it comes in', async () => {
    const { gate, issue, use, hours, sums, clock } = usageKit()
    const { key, credentialId } = await issue()
    await use(key)
    clock.advance(HOUR_MS - 1)
    await use(key)
    clock.advance(1)
    await use(key)
    clock.advance(25 * HOUR_MS)
    await use(key)
    await gate.close()
    expect(await hours(credentialId)).toEqual({
      '2026-01-01T00:00:00.000Z': { 'allowed GET /x': 2 },
      '2026-01-01T01:00:00.000Z': { 'allowed GET /x': 1 },
      '2026-01-02T02:00:00.000Z': { 'allowed GET /x': 1 },
    })
    expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 4 })
  })

  // A long answer, or one across the full hour, would leave a negative count behind.
  it('is moved within the hour that it was counted in', async () => {
    const { gate, issue, hours, clock } = usageKit()
    const { key, credentialId } = await issue()
    const request = requestOf(key)
    clock.advance(HOUR_MS - 1)
    await codeOf(gate, request.ask())
    clock.advance(1)
    request.found('/v1/refunds')
    await codeOf(gate.with({ scopes: ['refunds'] }), request.ask())
    await gate.close()
    expect(await hours(credentialId)).toEqual({
      '2026-01-01T00:00:00.000Z': { 'scope_insufficient GET /v1/refunds': 1 },
    })
  })

  it('is forgotten by the hour after a month, never over all time', async () => {
    const { gate, issue, use, hours, sums, clock } = usageKit({ usage: { flushIntervalMs: 1 } })
    const { key, credentialId } = await issue()
    await use(key)
    await eventually(async () => expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 1 }))
    clock.advance(31 * 24 * HOUR_MS)
    await use(key)
    await eventually(async () => expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 2 }))
    expect(Object.keys(await hours(credentialId))).toHaveLength(2)
    clock.advance(HOUR_MS)
    await use(key)
    await gate.close()
    expect(Object.keys(await hours(credentialId))).toHaveLength(2)
    expect(await sums(credentialId)).toEqual({ 'allowed GET /x': 3 })
  })
})

describe('what is not counted', () => {
  it('is a request whose credential nobody knows yet', async () => {
    const { gate, inner, issue, batches, clock } = usageKit()
    const { key, credentialId } = await issue()
    const expired = await inner.issueApiKey({ accountId: 'a', expiresAtMs: clock.wallMs() - 1 })
    const pair = await inner.issueSharedSecret({ accountId: 'a' })
    const seconds = Math.floor(clock.wallMs() / 1000)
    const forged = mint({ key_id: pair.keyId, iat: seconds, exp: seconds + 60 }, 'x'.repeat(40))
    await inner.disableCredential(credentialId)
    for (const [token, code] of [
      [undefined, 'credential_missing'],
      [API_KEY, 'credential_invalid'],
      ['nonsense', 'credential_invalid'],
      [key, 'credential_invalid'],
      [expired.key, 'credential_expired'],
      [forged, 'credential_invalid'],
    ] as const) {
      expect(await codeOf(gate, requestOf(token, { route: '/x' }).ask())).toBe(code)
    }
    await gate.close()
    expect(await codeOf(gate, requestOf(key).ask())).toBe('dependency_unavailable')
    await gate.close()
    expect(batches).toEqual([])
  })

  it('is an outage of the store, nor an anonymous caller', async () => {
    const { gate, store, issue, batches, clock } = usageKit()
    const { key } = await issue()
    const broken = createGate({
      store: { ...store, findCredential: () => Promise.reject(new Error('down')) },
      clock,
      onDecision: () => undefined,
    })
    expect(await codeOf(broken, requestOf(key).ask())).toBe('dependency_unavailable')
    expect(await codeOf((request) => gate.optional(request), requestOf(undefined).ask())).toBe('allowed')
    await Promise.all([gate.close(), broken.close()])
    expect(batches).toEqual([])
  })

  it('is a session', async () => {
    const { gate, batches, clock } = usageKit()
    const iat = Math.floor(clock.wallMs() / 1000)
    const claims = { iss: ORIGIN, aud: ORIGIN, sub: ALICE, jti: 'a', iat, exp: iat + 60 }
    const token = mint(claims, SESSION_SECRET, { alg: 'HS256', typ: 'sallyport-session+jwt' })
    expect(await codeOf(gate, requestOf(token).ask())).toBe('allowed')
    expect(await codeOf(gate.with({ methods: ['apiKey'] }), requestOf(token).ask())).toBe('method_mismatch')
    await gate.close()
    expect(batches).toEqual([])
  })

  it('is anything where the host wants no counts, or keeps credentials itself', async () => {
    const { gate, issue, use, batches } = usageKit({ usage: false })
    const { key } = await issue()
    expect(await use(key)).toBe('allowed')
    await gate.close()
    expect(batches).toEqual([])
    const store = memoryStore()
    const issued = await store.issueApiKey({ accountId: 'a' })
    const own = createGate({ findCredential: (lookup, call) => store.findCredential(lookup, call) })
    expect(await codeOf(own, requestOf(issued.key).ask())).toBe('allowed')
    await own.close()
  })
})
