import bs58 from 'bs58'
import { apiKey, createGate, walletSession } from 'sallyport'
import { routes } from 'sallyport/express'
import { memoryStore } from 'sallyport/stores/memory'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signedBytesOf } from '../../src/sign-in/signed-bytes.js'
import { adapters } from '../registry.js'
import { type ManualClock, manualClock } from '../support/clock.js'
import { type RawResponse, send } from '../support/http.js'
import { bearer } from '../support/requests.js'
import { createWallet, type TestWallet } from '../support/wallet.js'
import { comparable } from './adapter/comparable.js'
import type { RunningApp } from './adapter-contract.js'

const ORIGIN = 'https://shop.example:8443'
const SECRET = 'the-secret-that-sessions-are-signed-with'
const CONNECT = '/v1/auth/wallet/connect'
const VERIFY = '/v1/auth/wallet/verify'
const harnesses = Object.values(adapters).flat()

interface Site {
  readonly clock: ManualClock
  readonly app: RunningApp
  /** How often the store was asked to record a first use. */
  readonly claims: () => number
  /** What the store does instead of claiming. */
  broken: (() => never) | undefined
  ask(path: string, body: object): Promise<RawResponse>
  challenge(wallet: TestWallet): Promise<string>
}

async function openSite(harness: (typeof harnesses)[number], secrets = [SECRET]): Promise<Site> {
  const clock = manualClock()
  const store = memoryStore({ clock })
  let claims = 0
  const site: { broken: (() => never) | undefined } = { broken: undefined }
  const gate = createGate({
    store: {
      ...store,
      claim(...call) {
        claims++
        site.broken?.()
        return store.claim(...call)
      },
    },
    methods: [apiKey(), walletSession({ origin: ORIGIN, secrets })],
    clock,
  })
  const app = await harness.start({
    endpoints: { gate, groups: { signIn: true } },
    guards: [{ require: gate }],
    routes: [
      { path: '/v1/me', handle: (access) => ({ ...access().principal, acts: access().wallet?.address }) },
    ],
  })
  const ask = (path: string, body: object) =>
    send(app.origin, {
      method: 'POST',
      target: path,
      headers: [['Content-Type', 'application/json']],
      body: JSON.stringify(body),
    })
  return Object.assign(site, {
    clock,
    app,
    claims: () => claims,
    ask,
    challenge: async (wallet: TestWallet) =>
      String((await ask(CONNECT, { wallet_address: wallet.address })).json().challenge),
  })
}

const base64 = (signature: Uint8Array) => Buffer.from(signature).toString('base64')
const proofOf = (wallet: TestWallet, challenge: string) => ({
  wallet_address: wallet.address,
  challenge,
  signature: base64(wallet.sign(Buffer.from(challenge))),
})

describe.each(harnesses)('wallet sign-in on $name', (harness) => {
  let site: Site
  let wallet: TestWallet
  beforeAll(async () => {
    site = await openSite(harness)
    wallet = createWallet()
  })
  afterAll(() => site.app.close())

  test('a wallet signs the message of the configured origin and acts by the session it is given', async () => {
    const connected = await site.ask(CONNECT, { wallet_address: wallet.address })
    const { challenge, message } = connected.json()
    expect(message).toBe(challenge)
    expect(String(challenge).split('\n').slice(0, 2)).toEqual([
      'shop.example:8443 wants you to sign in with your Solana account:',
      wallet.address,
    ])
    const verified = await site.ask(VERIFY, proofOf(wallet, String(challenge)))
    expect(verified.status).toBe(200)
    expect(verified.headers.get('cache-control')).toBe('no-store')
    expect(verified.json()).toEqual({
      success: true,
      user_id: `wallet:${wallet.address}`,
      wallet_address: wallet.address,
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 1800,
    })
    const headers = [bearer(String(verified.json().access_token))]
    const me = await send(site.app.origin, { target: '/v1/me', headers })
    expect(me.json()).toMatchObject({
      kind: 'walletSession',
      acts: wallet.address,
      wallets: [wallet.address],
    })
    site.clock.advance(1_805_000)
    expect((await send(site.app.origin, { target: '/v1/me', headers })).json().code).toBe(
      'credential_expired',
    )
  })

  test('connecting asks nothing of the store, and a challenge never repeats', async () => {
    const before = site.claims()
    const challenges = await Promise.all(Array.from({ length: 20 }, () => site.challenge(wallet)))
    expect(new Set(challenges).size).toBe(20)
    expect(site.claims()).toBe(before)
  })

  test('a challenge is good for one of many who present it at once', async () => {
    const proof = proofOf(wallet, await site.challenge(wallet))
    const answers = await Promise.all(Array.from({ length: 20 }, () => site.ask(VERIFY, proof)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)])
    expect((await site.ask(VERIFY, proof)).json().code).toBe('challenge_invalid')
  })

  test('a wrong signature does not use the challenge up', async () => {
    const challenge = await site.challenge(wallet)
    const forged = { ...proofOf(createWallet(), challenge), wallet_address: wallet.address }
    expect((await site.ask(VERIFY, forged)).json()).toMatchObject({ status: 401, code: 'signature_invalid' })
    expect((await site.ask(VERIFY, proofOf(wallet, challenge))).status).toBe(200)
  })

  test('a store that cannot claim makes an outage, and the challenge is still good', async () => {
    const proof = proofOf(wallet, await site.challenge(wallet))
    site.broken = () => {
      throw new Error('down')
    }
    const answer = await site.ask(VERIFY, proof)
    site.broken = undefined
    expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    expect(answer.headers.get('retry-after')).toBe('2')
    expect((await site.ask(VERIFY, proof)).status).toBe(200)
  })
})

describe('a challenge', () => {
  let site: Site
  const wallet = createWallet()
  beforeAll(async () => {
    site = await openSite(harnesses[0] ?? never())
  })
  afterAll(() => site.app.close())
  const codeOf = async (proof: object) => (await site.ask(VERIFY, proof)).json().code

  test('is refused with any one character changed', async () => {
    const challenge = await site.challenge(wallet)
    for (let at = 0; at < challenge.length; at += 7) {
      const edited = `${challenge.slice(0, at)}${challenge[at] === 'x' ? 'y' : 'x'}${challenge.slice(at + 1)}`
      expect(await codeOf(proofOf(wallet, edited))).toBe('challenge_invalid')
    }
    for (const edited of [`${challenge}\n`, ` ${challenge}`, challenge.replaceAll('\n', '\r\n'), '']) {
      expect(await codeOf(proofOf(wallet, edited))).toBe('challenge_invalid')
    }
  })

  test('is refused to another wallet, and from another origin or another service', async () => {
    const other = createWallet()
    expect(await codeOf(proofOf(other, await site.challenge(wallet)))).toBe('challenge_invalid')
    const moved = (await site.challenge(wallet)).replaceAll('shop.example:8443', 'evil.example')
    expect(await codeOf(proofOf(wallet, moved))).toBe('challenge_invalid')
    const stranger = await openSite(harnesses[0] ?? never(), ['another-secret-of-at-least-32-bytes!!'])
    const foreign = await stranger.challenge(wallet)
    await stranger.app.close()
    expect(await codeOf(proofOf(wallet, foreign))).toBe('challenge_invalid')
  })

  test('is good until five minutes have passed, and not a moment longer', async () => {
    const [first, second] = [await site.challenge(wallet), await site.challenge(wallet)]
    site.clock.advance(299_999)
    expect(await codeOf(proofOf(wallet, first))).toBeUndefined()
    site.clock.advance(1)
    expect(await codeOf(proofOf(wallet, second))).toBe('challenge_invalid')
  })

  test('is recognised by an older secret while a newer one issues', async () => {
    const challenge = await site.challenge(wallet)
    const rotated = await openSite(harnesses[0] ?? never(), [
      'the-newer-secret-that-replaces-the-old',
      SECRET,
    ])
    rotated.clock.advance(site.clock.wallMs() - rotated.clock.wallMs())
    expect((await rotated.ask(VERIFY, proofOf(wallet, challenge))).status).toBe(200)
    await rotated.app.close()
  })

  test('may be signed in any envelope of Solana, and the signature be written in base58', async () => {
    for (const [at] of signedBytesOf('', wallet.publicKey).entries()) {
      const challenge = await site.challenge(wallet)
      const signed = signedBytesOf(challenge, wallet.publicKey)[at] ?? never()
      const signature = bs58.encode(wallet.sign(signed))
      expect(await codeOf({ wallet_address: wallet.address, challenge, signature })).toBeUndefined()
    }
  })
})

describe('what is asked of sign-in', () => {
  const wallet = createWallet()
  const proof = { wallet_address: wallet.address, challenge: 'x', signature: base64(new Uint8Array(64)) }
  const cases: readonly (readonly [
    what: string,
    path: string,
    body: object,
    status: number,
    code: string,
  ])[] = [
    ['no address', CONNECT, {}, 400, 'body_invalid'],
    [
      'an address with a line of its own',
      CONNECT,
      { wallet_address: `${wallet.address}\nURI: x` },
      400,
      'body_invalid',
    ],
    ['an address that is a number', CONNECT, { wallet_address: 7 }, 400, 'body_invalid'],
    ['an unknown member', CONNECT, { wallet_address: wallet.address, user_id: 'a' }, 400, 'body_invalid'],
    ['no signature', VERIFY, { ...proof, signature: undefined }, 400, 'body_invalid'],
    ['63 bytes', VERIFY, { ...proof, signature: base64(new Uint8Array(63)) }, 400, 'body_invalid'],
    ['65 bytes', VERIFY, { ...proof, signature: base64(new Uint8Array(65)) }, 400, 'body_invalid'],
    ['base64 with spare bits', VERIFY, { ...proof, signature: `${'A'.repeat(85)}B==` }, 400, 'body_invalid'],
    ['a list for a challenge', VERIFY, { ...proof, challenge: ['x'] }, 401, 'challenge_invalid'],
    ['a challenge of 10 KB', VERIFY, { ...proof, challenge: 'x'.repeat(10_000) }, 401, 'challenge_invalid'],
    ['a list for a body', CONNECT, [wallet.address], 400, 'body_invalid'],
  ]

  test.each(cases)('%s is answered alike on every major', async (_what, path, body, status, code) => {
    const answers: RawResponse[] = []
    for (const harness of harnesses) {
      const site = await openSite(harness)
      answers.push(await site.ask(path, body))
      await site.app.close()
    }
    const [first, ...others] = answers
    expect(first?.json()).toMatchObject({ status, code })
    for (const other of others) expect(comparable(other)).toEqual(first && comparable(first))
  })

  test.each([
    ['no walletSession', () => createGate({ store: memoryStore() })],
    [
      'no store',
      () =>
        createGate({
          findCredential: () => undefined,
          methods: [walletSession({ origin: ORIGIN, secrets: [SECRET] })],
        }),
    ],
  ])('it is not mounted on a gate that has %s', (_what, gate) => {
    expect(() => routes(gate(), { signIn: true })).toThrow(
      expect.objectContaining({ code: 'ERR_GATE_OPTIONS' }),
    )
  })
})

function never(): never {
  throw new Error('there is no such thing')
}
