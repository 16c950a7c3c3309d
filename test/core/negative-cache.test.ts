import { apiKey, type Credential, createGate, type GateOptions, sharedSecretJwt } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { throwing } from '../support/failures.js'
import { API_KEY, apiKeyRecord, digestOf, KEY_ID, SECRET, sharedSecretRecord } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { BOUND_MS, feedKit, settled, warmKit } from './change-feed-kit.js'

const MISSING_FOR_MS = 1_000
/** Unknown credentials that are remembered at once, at most. */
const MOST = 1_000

const keyAt = (at: number) => `sk_${String(at).padStart(43, '0')}`

/** A host that has only a finder, which answers with what is in a row: at first with nothing. */
function finderKit(options: Partial<GateOptions> = {}) {
  const clock = manualClock()
  const now = clock.wallMs() / 1_000
  let row: Credential | undefined
  const finds: string[] = []
  const gate = createGate({
    clock,
    methods: [apiKey(), sharedSecretJwt()],
    onDecision: () => undefined,
    findCredential: async (lookup) => {
      finds.push(lookup.kind)
      return row
    },
    ...options,
  })
  const code = (token: string) => codeOf(gate, requestWith([bearer(token)]))
  const token = mint({ key_id: KEY_ID, iat: now, exp: now + 600 }, SECRET)
  return {
    clock,
    code,
    token,
    finds,
    put: (next: Credential | undefined) => {
      row = next
    },
  }
}

describe('a credential that a store does not have', () => {
  it.each([
    ['a key', () => API_KEY],
    ['a token of an unknown key_id', ({ token }: { token: string }) => token],
  ])('is asked for once a second, however often it is presented: %s', async (_what, credentialOf) => {
    const kit = finderKit()
    const credential = credentialOf(kit)
    for (let ms = 0; ms < 5_000; ms += 100) {
      expect(await kit.code(credential)).toBe('credential_invalid')
      expect(kit.finds).toHaveLength(1 + Math.floor(ms / MISSING_FOR_MS))
      kit.clock.advance(100)
    }
  })

  it('is asked for once by all who present it at the same time', async () => {
    const kit = finderKit()
    const codes = await Promise.all(Array.from({ length: 500 }, () => kit.code(API_KEY)))
    expect(new Set(codes)).toEqual(new Set(['credential_invalid']))
    expect(kit.finds).toHaveLength(1)
  })

  it('is one for all tokens that name the same key_id, however they are signed', async () => {
    const kit = finderKit()
    const times = { iat: kit.clock.wallMs() / 1_000, exp: kit.clock.wallMs() / 1_000 + 60 }
    for (let at = 0; at < 20; at++) {
      const token = mint({ key_id: KEY_ID, jti: `${at}`, ...times }, `${SECRET}${at}`)
      expect(await kit.code(token)).toBe('credential_invalid')
    }
    expect(kit.finds).toHaveLength(1)
  })

  it('is never confused with one of the other kind and the same name', async () => {
    const kit = finderKit()
    const times = { iat: kit.clock.wallMs() / 1_000, exp: kit.clock.wallMs() / 1_000 + 60 }
    await kit.code(API_KEY)
    kit.put(sharedSecretRecord({ keyId: digestOf(API_KEY) }))
    expect(await kit.code(mint({ key_id: digestOf(API_KEY), ...times }, SECRET))).toBe('allowed')
  })

  it.each([
    [undefined, MISSING_FOR_MS],
    [60_000, MISSING_FOR_MS],
    [400, 400],
  ])('is honoured to the millisecond when that is over: with a bound of %s', async (bound, forMs) => {
    const kit = finderKit(bound === undefined ? {} : { revocationBoundMs: bound })
    for (const credential of [API_KEY, kit.token]) {
      kit.put(undefined)
      expect(await kit.code(credential)).toBe('credential_invalid')
      kit.put(credential === API_KEY ? apiKeyRecord({ wallets: [] }) : sharedSecretRecord())
      kit.clock.advance(forMs - 1)
      expect(await kit.code(credential)).toBe('credential_invalid')
      kit.clock.advance(1)
      expect(await kit.code(credential)).toBe('allowed')
    }
  })

  it('is asked for every time where the bound is 0', async () => {
    const kit = finderKit({ revocationBoundMs: 0 })
    for (let asked = 1; asked <= 3; asked++) {
      expect(await kit.code(API_KEY)).toBe('credential_invalid')
      expect(kit.finds).toHaveLength(asked)
    }
    kit.put(apiKeyRecord({ wallets: [] }))
    expect(await kit.code(API_KEY)).toBe('allowed')
  })

  it('is asked for every time where the store answers at once', async () => {
    const finds: Credential[] = []
    const clock = manualClock()
    const gate = createGate({ clock, methods: [apiKey()], findCredential: () => finds.at(0) })
    const code = () => codeOf(gate, requestWith([bearer(API_KEY)]))
    expect([await code(), await code()]).toEqual(['credential_invalid', 'credential_invalid'])
    finds.push(apiKeyRecord({ wallets: [] }))
    expect(await code()).toBe('allowed')
    finds.pop()
    expect(await code()).toBe('credential_invalid')
  })

  it('is not what a store has that could not answer', async () => {
    let answer: () => unknown = () => Promise.reject(new Error('down'))
    const kit = finderKit({ findCredential: async () => (await answer()) as Credential })
    expect(await kit.code(API_KEY)).toBe('dependency_unavailable')
    answer = throwing()
    expect(await kit.code(API_KEY)).toBe('dependency_unavailable')
    answer = () => ({ ...apiKeyRecord({ wallets: [] }), id: '' })
    expect(await kit.code(API_KEY)).toBe('dependency_unavailable')
    answer = () => apiKeyRecord({ wallets: [] })
    expect(await kit.code(API_KEY)).toBe('allowed')
  })

  it('is remembered up to a bound, and what was presented last stays', async () => {
    const kit = finderKit()
    for (let at = 0; at <= MOST; at++) await kit.code(keyAt(at))
    const before = kit.finds.length
    expect(before).toBe(MOST + 1)
    await kit.code(keyAt(MOST))
    await kit.code(keyAt(1))
    expect(kit.finds).toHaveLength(before)
    await kit.code(keyAt(0))
    expect(kit.finds).toHaveLength(before + 1)
  })
})

describe('a credential that is made after it was presented', () => {
  const importKey = ({ inner }: Pick<Awaited<ReturnType<typeof warmKit>>, 'inner'>) =>
    inner.importApiKeyDigest(digestOf(API_KEY), { accountId: 'robots' })

  it('is honoured as soon as that is heard', async () => {
    const kit = await warmKit()
    kit.clock.advance(BOUND_MS)
    expect(await kit.code(kit.key)).toBe('allowed')
    expect(await kit.code(API_KEY)).toBe('credential_invalid')
    await importKey(kit)
    kit.clock.advance(499)
    expect(await kit.code(API_KEY)).toBe('credential_invalid')
    kit.clock.advance(1)
    // The poll is started, and nobody waits for it.
    expect(await kit.code(API_KEY)).toBe('credential_invalid')
    await settled()
    expect(await kit.code(API_KEY)).toBe('allowed')
  })

  it('is honoured a second later where nothing was heard', async () => {
    const kit = await warmKit()
    expect(await kit.code(API_KEY)).toBe('credential_invalid')
    await importKey(kit)
    kit.hold('changesSince')
    for (let ms = 0; ms < MISSING_FOR_MS; ms += 100) {
      expect(await kit.code(API_KEY)).toBe('credential_invalid')
      kit.clock.advance(100)
    }
    expect(await kit.code(API_KEY)).toBe('allowed')
    kit.release('changesSince')
  })

  it.each(['account', 'wallet', 'all'] as const)(
    'is asked for anew after this gate has ended something itself: %s',
    async (kind) => {
      const kit = await warmKit()
      expect(await kit.code(API_KEY)).toBe('credential_invalid')
      const targets = {
        account: { account: 'another' },
        wallet: { wallet: ALICE },
        all: { all: true },
      } as const
      kit.hold('changesSince')
      void kit.gate.revoke(targets[kind])
      await settled()
      await importKey(kit)
      expect(await kit.code(API_KEY)).toBe('allowed')
      kit.release('changesSince')
    },
  )

  it('is not taken for missing by a read that began before, where it was heard of meanwhile', async () => {
    const kit = await warmKit()
    kit.hold('findCredential')
    const early = kit.code(API_KEY)
    await settled()
    await importKey(kit)
    kit.clock.advance(500)
    expect(await kit.code(kit.key)).toBe('allowed')
    await settled()
    kit.release('findCredential')
    expect(await early).toBe('credential_invalid')
    expect(await kit.code(API_KEY)).toBe('allowed')
  })

  it('is an outage, and not missing, where nothing was heard for longer than the bound', async () => {
    const kit = feedKit({ revocationBoundMs: 400 })
    expect(await kit.code(API_KEY)).toBe('credential_invalid')
    kit.fault('changesSince', throwing())
    expect(await kit.code(API_KEY)).toBe('dependency_unavailable')
  })
})
