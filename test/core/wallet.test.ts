import bs58 from 'bs58'
import { apiKey, createGate, type GateOptions, sharedSecretJwt } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB, CAROL } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint } from '../support/tokens.js'

type Walletry = 'required' | 'optional'

/** A caller with so many wallets, by an API key or by a token. */
function walletKit(
  wallets: readonly string[],
  header: Walletry = 'required',
  options: Partial<GateOptions> = {},
) {
  const clock = manualClock()
  const store = tableStore(apiKeyRecord({ wallets }), sharedSecretRecord({ wallets }))
  const methods = [apiKey({ walletHeader: header }), sharedSecretJwt()]
  const gate = createGate({ store, clock, methods, ...options })
  const iat = clock.wallMs() / 1000
  const token = mint({ key_id: KEY_ID, iat, exp: iat + 60 }, SECRET)
  const byKey = (...named: readonly string[]) => requestWith([bearer(API_KEY), ...named.map(walletHeader)])
  const byToken = (...named: readonly string[]) => requestWith([bearer(token), ...named.map(walletHeader)])
  return { gate, needing: gate.with({ wallet: 'required' }), byKey, byToken }
}

const walletOf = async (...args: Parameters<typeof accessOf>) =>
  (await accessOf(...args)).wallet?.address ?? null

describe('a wallet header that names a bound wallet', () => {
  it('chooses it, whichever of them it is', async () => {
    for (const header of ['required', 'optional'] as const) {
      const { gate, needing, byKey, byToken } = walletKit([ALICE, BOB], header)
      for (const wallet of [ALICE, BOB]) {
        expect(await walletOf(gate, byKey(wallet))).toBe(wallet)
        expect(await walletOf(needing, byKey(wallet))).toBe(wallet)
        expect(await walletOf(gate, byToken(wallet))).toBe(wallet)
      }
    }
  })
})

describe('a wallet header that names another wallet', () => {
  it.each([
    ['one', [ALICE]],
    ['several', [ALICE, BOB]],
    ['no', []],
  ])('is refused for a credential of %s wallets', async (_how, wallets) => {
    const { gate, byKey, byToken } = walletKit(wallets)
    for (const request of [byKey(CAROL), byToken(CAROL)]) {
      expect(wireOf(await refusalOf(gate, request))).toMatchObject({
        status: 403,
        body: {
          code: 'wallet_mismatch',
          detail: 'The wallet is not bound to this credential',
          retryable: false,
        },
      })
    }
  })

  it('is refused without naming the wallets that would do', async () => {
    const { gate, byKey } = walletKit([ALICE, BOB])
    const { body } = wireOf(await refusalOf(gate, byKey(CAROL)))
    expect(JSON.stringify(body)).not.toContain(ALICE)
    expect(JSON.stringify(body)).not.toContain(BOB)
  })
})

describe('a wallet header that is no address', () => {
  const flaws = [
    ['empty', ''],
    ['a word', 'alice'],
    ['half an address', ALICE.slice(22)],
    ['one character long', `${ALICE}1`],
    ['in another case', ALICE.toLowerCase()],
    ['with a zero for its o', `0${ALICE.slice(1)}`],
    ['with a capital O', `O${ALICE.slice(1)}`],
    ['with a capital I', `I${ALICE.slice(1)}`],
    ['with a small l', `l${ALICE.slice(1)}`],
    ['with a Cyrillic letter', `А${ALICE.slice(1)}`],
    ['with a control character in it', `${ALICE.slice(0, 20)}\u0001${ALICE.slice(21)}`],
    ['with a NUL behind it', `${ALICE}\0`],
    ['with a DEL behind it', `${ALICE}\u007f`],
    ['with a space behind it', `${ALICE} `],
    ['with a no-break space before it', `\u00a0${ALICE}`],
    ['of 31 bytes', bs58.encode(new Uint8Array(31).fill(7))],
    ['of 33 bytes', bs58.encode(new Uint8Array(33).fill(7))],
    ['of 32 bytes with an idle leading one', `1${CAROL}`],
    ['a hex address', `0x${'ab'.repeat(20)}`],
    ['a CAIP-10 address', `solana:${ALICE}`],
    ['a quoted address', `"${ALICE}"`],
    ['very long', '2'.repeat(10_000)],
  ] as const

  it.each(flaws)('is malformed, and nobody: %s', async (_flaw, value) => {
    for (const wallets of [[ALICE], [ALICE, BOB], []]) {
      const { gate, byKey, byToken } = walletKit(wallets, 'optional')
      for (const request of [byKey(value), byToken(value)]) {
        expect(wireOf(await refusalOf(gate, request))).toMatchObject({
          status: 400,
          body: { code: 'wallet_malformed', detail: 'The x-wallet-address header is not a Solana address' },
        })
      }
    }
  })

  it('is not even looked at where the credential is no good', async () => {
    const { gate } = walletKit([ALICE])
    expect(await codeOf(gate, requestWith([bearer('sk_none'), walletHeader('alice')]))).toBe(
      'credential_invalid',
    )
    expect(await codeOf(gate, requestWith([walletHeader('alice')]))).toBe('credential_missing')
  })
})

describe('a request without a wallet header', () => {
  it('acts for the one wallet of its token', async () => {
    const { gate, needing, byToken } = walletKit([ALICE])
    expect(await walletOf(gate, byToken())).toBe(ALICE)
    expect(await walletOf(needing, byToken())).toBe(ALICE)
  })

  it.each([
    ['one', [ALICE]],
    ['several', [ALICE, BOB]],
  ])('is refused for an API key of %s wallets, as in the seed', async (_how, wallets) => {
    const { gate, needing, byKey } = walletKit(wallets)
    for (const each of [gate, needing]) {
      expect(wireOf(await refusalOf(each, byKey()))).toMatchObject({
        status: 400,
        body: {
          code: 'wallet_missing',
          detail: 'The x-wallet-address header is required',
          remedy: { action: 'send_header', header: 'x-wallet-address' },
        },
      })
    }
  })

  it('acts for the one wallet of an API key where the host says the header is optional', async () => {
    const { gate, needing, byKey } = walletKit([ALICE], 'optional')
    expect(await walletOf(gate, byKey())).toBe(ALICE)
    expect(await walletOf(needing, byKey())).toBe(ALICE)
  })

  it('has no wallet where there are several, and is refused where one is required', async () => {
    const { gate, needing, byKey, byToken } = walletKit([ALICE, BOB], 'optional')
    for (const request of [byKey(), byToken()]) {
      expect(await walletOf(gate, request)).toBeNull()
      expect((await refusalOf(needing, request)).code).toBe('wallet_missing')
    }
  })

  it('has no wallet where none is bound, and is refused for good where one is required', async () => {
    const { gate, needing, byKey, byToken } = walletKit([])
    for (const request of [byKey(), byToken()]) {
      expect(await walletOf(gate, request)).toBeNull()
      expect(wireOf(await refusalOf(needing, request))).toMatchObject({
        status: 403,
        body: { code: 'wallet_required', detail: 'No wallet is bound to this credential' },
      })
    }
  })
})

describe('names of the host for wallets', () => {
  it('may be another header, in any case', async () => {
    const { gate } = walletKit([ALICE, BOB], 'required', { wallet: { header: 'X-Acting-For' } })
    const request = (name: string) => requestWith([bearer(API_KEY), [name, BOB]])
    expect(await walletOf(gate, request('x-acting-for'))).toBe(BOB)
    expect(await walletOf(gate, request('X-ACTING-FOR'))).toBe(BOB)
    const refusal = wireOf(await refusalOf(gate, request('x-wallet-address')))
    expect(refusal.body.detail).toBe('The x-acting-for header is required')
  })

  it('may be another member of a record', async () => {
    const gate = createGate({
      store: tableStore(apiKeyRecord()),
      methods: [apiKey()],
      wallet: { field: 'owner_wallet' },
    })
    const { wallet } = await accessOf(gate, requestWith([bearer(API_KEY), walletHeader(ALICE)]))
    expect(wallet?.filter).toEqual({ owner_wallet: ALICE })
    expect(wallet?.tag({ id: 1 })).toEqual({ id: 1, owner_wallet: ALICE })
    expect(wallet?.owns({ owner_wallet: ALICE })).toBe(true)
    expect(wallet?.owns({ ownerWallet: ALICE })).toBe(false)
  })
})
