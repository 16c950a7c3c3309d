import { apiKey, createGate, sharedSecretJwt } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, sharedSecretRecord } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { ACTIVE, asyncKit, REVOKED } from './async-store-kit.js'

describe('a credential that had to be waited for', () => {
  it('is read once within the revocation bound, and anew at its end', async () => {
    const kit = asyncKit()
    for (const ms of [0, 1, 1_998]) {
      kit.clock.advance(ms)
      expect(await kit.code()).toBe('allowed')
    }
    expect(kit.reads()).toBe(1)
    kit.clock.advance(1)
    expect(await kit.code()).toBe('allowed')
    expect(kit.reads()).toBe(2)
  })

  it('is honoured after its revocation for the bound and not a millisecond longer', async () => {
    const kit = asyncKit({ revocationBoundMs: 500 })
    await kit.code()
    kit.put(REVOKED)
    kit.clock.advance(499)
    expect(await kit.code()).toBe('allowed')
    kit.clock.advance(1)
    expect(await kit.code()).toBe('credential_invalid')
  })

  it('is kept from when its reading began, not from when it ended', async () => {
    const kit = asyncKit({ revocationBoundMs: 500 })
    kit.hold()
    const first = kit.code()
    kit.put(REVOKED)
    kit.clock.advance(400)
    kit.release()
    expect(await first).toBe('allowed')
    kit.clock.advance(99)
    expect(await kit.code()).toBe('allowed')
    kit.clock.advance(1)
    expect(await kit.code()).toBe('credential_invalid')
  })

  it('is aged by the monotonic clock: a wall clock that is stepped neither keeps it nor drops it', async () => {
    const kit = asyncKit()
    await kit.code()
    kit.clock.stepWall(86_400_000)
    await kit.code()
    kit.clock.stepWall(-200_000_000)
    await kit.code()
    expect(kit.reads()).toBe(1)
    kit.put(REVOKED)
    kit.clock.advance(2_000)
    kit.clock.stepWall(-3_600_000)
    expect(await kit.code()).toBe('credential_invalid')
  })

  it('is read once for a thousand requests at the same time', async () => {
    const kit = asyncKit()
    const codes = await Promise.all(Array.from({ length: 1_000 }, kit.code))
    expect(new Set(codes)).toEqual(new Set(['allowed']))
    expect(kit.reads()).toBe(1)
  })

  it('is read for every request, and never shared, where the bound is 0', async () => {
    const kit = asyncKit({ revocationBoundMs: 0 })
    await kit.code()
    await kit.code()
    expect(kit.reads()).toBe(2)
    kit.hold()
    const early = kit.code()
    kit.put(REVOKED)
    const late = kit.code()
    kit.release()
    expect(await early).toBe('allowed')
    expect(await late).toBe('credential_invalid')
  })

  it('is not taken from a reading that began longer ago than the bound', async () => {
    const kit = asyncKit({ revocationBoundMs: 500, portTimeoutMs: 10_000 })
    kit.hold()
    const early = kit.code()
    kit.put(REVOKED)
    kit.clock.advance(499)
    const joined = kit.code()
    expect(kit.reads()).toBe(1)
    kit.clock.advance(1)
    const late = kit.code()
    expect(kit.reads()).toBe(2)
    kit.release()
    expect(await Promise.all([early, joined, late])).toEqual(['allowed', 'allowed', 'credential_invalid'])
    expect(await kit.code()).toBe('credential_invalid')
  })

  it('that is unknown is looked for once a second, so that a new one counts soon', async () => {
    const kit = asyncKit()
    kit.put(undefined)
    expect(await kit.code()).toBe('credential_invalid')
    kit.put(ACTIVE)
    kit.clock.advance(999)
    expect(await kit.code()).toBe('credential_invalid')
    expect(kit.reads()).toBe(1)
    kit.clock.advance(1)
    expect(await kit.code()).toBe('allowed')
    kit.put(undefined)
    kit.clock.advance(2_000)
    expect(await kit.code()).toBe('credential_invalid')
  })

  it('still expires at its own time while it is kept', async () => {
    const kit = asyncKit()
    kit.put(apiKeyRecord({ wallets: [], expiresAtMs: kit.clock.wallMs() + 1_000 }))
    expect(await kit.code()).toBe('allowed')
    kit.clock.advance(1_000)
    expect(await kit.code()).toBe('credential_expired')
    expect(kit.reads()).toBe(1)
  })

  it('is kept apart from a credential of the other kind with the same name', async () => {
    const lookups: string[] = []
    const clock = manualClock()
    const gate = createGate({
      clock,
      methods: [apiKey(), sharedSecretJwt()],
      onDecision: () => undefined,
      findCredential: async (lookup) => {
        lookups.push(lookup.kind)
        return lookup.kind === 'apiKey' ? ACTIVE : sharedSecretRecord()
      },
    })
    await codeOf(gate, requestWith([bearer(API_KEY)]))
    const now = clock.wallMs() / 1000
    const token = mint({ key_id: ACTIVE.digest, iat: now, exp: now + 60 }, 'x'.repeat(40))
    expect(await codeOf(gate, requestWith([bearer(token)]))).toBe('dependency_unavailable')
    expect(lookups).toEqual(['apiKey', 'sharedSecret'])
  })
})
