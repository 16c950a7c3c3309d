import { apiKey, createGate } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { codeOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, digestOf } from '../support/records.js'
import { BOUND_MS, feedKit, settled, warmKit } from './change-feed-kit.js'

const MAX_AGE_MS = 60_000

type Kit = Pick<Awaited<ReturnType<typeof warmKit>>, 'inner' | 'credentialId'>

const ENDINGS: readonly (readonly [how: string, end: (kit: Kit) => Promise<unknown>])[] = [
  ['revoked', ({ inner, credentialId }) => inner.revoke({ credential: credentialId })],
  ['revoked by its account', ({ inner }) => inner.revoke({ account: 'robots' })],
  ['revoked with all others', ({ inner }) => inner.revoke({ all: true })],
  ['disabled', ({ inner, credentialId }) => inner.disableCredential(credentialId)],
  ['rotated', ({ inner, credentialId }) => inner.rotateApiKey(credentialId, { overlapSeconds: 0 })],
]

describe('a credential of a store that has to be waited for', () => {
  it('is read once for all requests that come at the same time', async () => {
    const { code, issue, calls } = feedKit()
    const { key } = await issue()
    const codes = await Promise.all(Array.from({ length: 500 }, () => code(key)))
    expect(new Set(codes)).toEqual(new Set(['allowed']))
    expect(calls('findCredential')).toBe(1)
  })

  it('is not read again while nothing changes, however long the bound is over', async () => {
    const { code, key, calls, clock } = await warmKit()
    const reads = calls('findCredential')
    expect(reads).toBeLessThanOrEqual(2)
    for (let ms = 0; ms < MAX_AGE_MS - 1_000; ms += 700) {
      clock.advance(700)
      expect(await Promise.all([code(key), code(key), code(key)])).toEqual(Array(3).fill('allowed'))
    }
    expect(calls('findCredential')).toBe(reads)
  })

  it('is decided at once, without a promise, while what was heard is fresh', async () => {
    const { gate, requestOf, key, clock } = await warmKit()
    clock.advance(499)
    expect(gate(requestOf(key))).toMatchObject({ type: 'allow' })
    clock.advance(1)
    // The next poll is started, and nobody waits for it.
    expect(gate(requestOf(key))).toMatchObject({ type: 'allow' })
    await settled()
  })

  it('is read once more when it has changed, and no other is', async () => {
    const { code, key, credentialId, issue, calls, clock, inner } = await warmKit()
    const other = await issue()
    clock.advance(BOUND_MS)
    for (const one of [key, other.key, key, other.key]) expect(await code(one)).toBe('allowed')
    const reads = calls('findCredential')
    await inner.renameCredential(credentialId, 'renamed')
    clock.advance(BOUND_MS)
    const codes = await Promise.all(Array.from({ length: 50 }, (_none, at) => code(at % 2 ? key : other.key)))
    expect(new Set(codes)).toEqual(new Set(['allowed']))
    expect(calls('findCredential')).toBe(reads + 1)
  })

  it.each(ENDINGS)('is refused within the bound of being %s, seldom as it is used', async (_what, end) => {
    const kit = await warmKit()
    const { code, key, clock } = kit
    await end(kit)
    clock.advance(BOUND_MS - 1)
    expect(await code(key)).toBe('allowed')
    clock.advance(1)
    expect(await code(key)).toBe('credential_invalid')
  })

  it('is refused half a second after its revocation where it is used all the time', async () => {
    const { code, key, clock, inner, credentialId } = await warmKit()
    await inner.revoke({ credential: credentialId })
    const honoured: number[] = []
    for (let sinceMs = 0; sinceMs < BOUND_MS; sinceMs += 50) {
      if ((await code(key)) === 'allowed') honoured.push(sinceMs)
      await settled()
      clock.advance(50)
    }
    expect(Math.max(...honoured)).toBeLessThanOrEqual(500)
  })

  it('is honoured again within the bound of being enabled', async () => {
    const { code, key, clock, inner, credentialId } = await warmKit()
    await inner.disableCredential(credentialId)
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe('credential_invalid')
    await inner.enableCredential(credentialId)
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe('allowed')
  })

  it("is read anew a minute later, for rows that were changed behind the store's back", async () => {
    const { fault, code, key, clock, inner, credentialId } = await warmKit()
    const lookup = { kind: 'apiKey', digest: digestOf(key) } as const
    const row = await inner.findCredential(lookup, { signal: AbortSignal.timeout(1_000) })
    fault('findCredential', () => ({ ...row, status: 'revoked' }))
    expect(credentialId).toBe(row?.id)
    for (let ms = 1_000; ms < MAX_AGE_MS; ms += 1_000) {
      clock.advance(1_000)
      expect(await code(key)).toBe('allowed')
      await settled()
    }
    clock.advance(1_000)
    expect(await code(key)).toBe('credential_invalid')
  })

  it('is read for every request where the bound is 0, and nothing is followed', async () => {
    const { code, issue, calls, inner } = feedKit({ revocationBoundMs: 0 })
    const { key, credentialId } = await issue()
    for (let asked = 1; asked <= 3; asked++) {
      expect(await code(key)).toBe('allowed')
      expect(calls('findCredential')).toBe(asked)
    }
    await inner.revoke({ credential: credentialId })
    expect(await code(key)).toBe('credential_invalid')
    expect(calls('changesSince')).toBe(0)
  })

  it('is kept for the bound alone where the host has only findCredential', async () => {
    const { clock, requestOf } = feedKit()
    let row = apiKeyRecord({ wallets: [] })
    let reads = 0
    const findCredential = async () => {
      reads++
      return row
    }
    const options = { methods: [apiKey()], clock, revocationBoundMs: BOUND_MS, onDecision: () => undefined }
    const gate = createGate({ ...options, findCredential })
    const code = () => codeOf(gate, requestOf(API_KEY))
    expect(await code()).toBe('allowed')
    row = { ...row, status: 'revoked' }
    clock.advance(BOUND_MS - 1)
    expect([await code(), reads]).toEqual(['allowed', 1])
    clock.advance(1)
    expect([await code(), reads]).toEqual(['credential_invalid', 2])
  })
})

describe('a change that is made while a credential is being read', () => {
  it('is not overlooked where it is heard before the answer comes', async () => {
    const { hold, release, code, issue, clock, inner, key: warm } = await warmKit()
    const { key, credentialId } = await issue()
    hold('findCredential')
    const early = code(key)
    await settled()
    await inner.revoke({ credential: credentialId })
    clock.advance(BOUND_MS)
    // Another caller makes the gate listen.
    expect(await code(warm)).toBe('allowed')
    release('findCredential')
    expect(await early).toBe('allowed')
    expect(await code(key)).toBe('credential_invalid')
  })

  it('is not overlooked where it is heard after the answer has come', async () => {
    const { hold, release, code, issue, clock, inner } = await warmKit()
    const { key, credentialId } = await issue()
    hold('findCredential')
    const early = code(key)
    await settled()
    await inner.revoke({ credential: credentialId })
    release('findCredential')
    expect(await early).toBe('allowed')
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe('credential_invalid')
  })

  it('is not overlooked where it is made between two polls that are both under way', async () => {
    const { hold, release, releaseOne, code, key, clock, inner, credentialId } = await warmKit()
    hold('changesSince')
    clock.advance(BOUND_MS)
    const first = code(key)
    await settled()
    await inner.revoke({ credential: credentialId })
    clock.advance(BOUND_MS)
    const second = code(key)
    await settled()
    // The later poll is answered first, the earlier one knows nothing of the revocation.
    releaseOne('changesSince')
    await settled()
    release('changesSince')
    await first
    expect(await second).toBe('credential_invalid')
    expect(await code(key)).toBe('credential_invalid')
  })

  it('on this gate is not undone by a read that began before', async () => {
    const { hold, release, code, issue, gate } = await warmKit()
    const { key, credentialId } = await issue()
    hold('findCredential')
    const early = code(key)
    await settled()
    await gate.revoke({ credential: credentialId })
    const late = code(key)
    await settled()
    release('findCredential')
    await early
    expect(await late).toBe('credential_invalid')
  })
})

describe('what this gate has ended itself', () => {
  it('holds at once, and is not taken back by a poll that was under way', async () => {
    const { hold, release, code, key, gate, clock, credentialId } = await warmKit()
    clock.advance(500)
    hold('changesSince')
    expect(await code(key)).toBe('allowed')
    await gate.revoke({ credential: credentialId })
    expect(await code(key)).toBe('credential_invalid')
    release('changesSince')
    await settled()
    expect(await code(key)).toBe('credential_invalid')
  })

  it('holds at once for sessions of a wallet, and for no others', async () => {
    const { code, session, gate } = feedKit()
    const [alice, bob] = [session(ALICE, 'a'), session(BOB, 'b')]
    expect([await code(alice), await code(bob)]).toEqual(['allowed', 'allowed'])
    await gate.revoke({ wallet: ALICE })
    expect([await code(alice), await code(bob)]).toEqual(['credential_invalid', 'allowed'])
  })
})

it('two gates over one store follow it each for itself', async () => {
  const kit = feedKit()
  const { key, credentialId } = await kit.issue()
  const other = kit.makeGate()
  for (const gate of [kit.gate, other, kit.gate, other]) expect(await kit.code(key, gate)).toBe('allowed')
  await kit.gate.revoke({ credential: credentialId })
  expect(await kit.code(key)).toBe('credential_invalid')
  kit.clock.advance(BOUND_MS)
  expect(await kit.code(key, other)).toBe('credential_invalid')
})
