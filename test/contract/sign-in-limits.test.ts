import { createGate, type Limits, walletSession } from 'sallyport'
import { memoryLimits } from 'sallyport/limits'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { adapters } from '../registry.js'
import { type RawResponse, send } from '../support/http.js'
import { createWallet, type TestWallet } from '../support/wallet.js'
import type { AdapterHarness } from './adapter-contract.js'

const ORIGIN = 'https://shop.example'
const SECRET = 'a session secret of the shop, 32 bytes or more'
const harnesses = Object.values(adapters).flat()
const WINDOW = { windowSeconds: 600 }

interface Site {
  connect(wallet: TestWallet): Promise<RawResponse>
  verify(wallet: TestWallet, signer: TestWallet): Promise<RawResponse>
}

async function withSite(
  harness: AdapterHarness,
  limits: Limits,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const methods = [walletSession({ origin: ORIGIN, secrets: [SECRET] })]
  const gate = createGate({ store: memoryStore(), methods, limits })
  const app = await harness.start({
    endpoints: { gate, groups: { signIn: true } },
    guards: [],
    routes: [],
  })
  const ask = (path: string, body: object) =>
    send(app.origin, {
      method: 'POST',
      target: `/v1/auth/wallet/${path}`,
      headers: [['Content-Type', 'application/json']],
      body: JSON.stringify(body),
    })
  const connect = (wallet: TestWallet) => ask('connect', { wallet_address: wallet.address })
  try {
    await use({
      connect,
      async verify(wallet, signer) {
        const challenge = String((await connect(wallet)).json().challenge)
        const signature = Buffer.from(signer.sign(challenge)).toString('base64')
        return ask('verify', { wallet_address: wallet.address, challenge, signature })
      },
    })
  } finally {
    await app.close()
    await gate.close()
  }
}

describe.each(harnesses)('limits of wallet sign-in on $name', (harness) => {
  it('hand out so many challenges to one client, whatever the wallet', () =>
    withSite(harness, memoryLimits({ connect: { requests: 3, ...WINDOW } }), async ({ connect }) => {
      for (let count = 0; count < 3; count++) expect((await connect(createWallet())).status).toBe(200)
      const refused = await connect(createWallet())
      expect(refused.status).toBe(429)
      expect(refused.headers.get('content-type')).toBe('application/problem+json')
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(590)
      expect(refused.headers.get('www-authenticate')).toBeUndefined()
      expect(refused.json()).toMatchObject({ code: 'rate_limited', retryable: true })
    }))

  it('answer 429 to what fails too often, and still let a good signature in', () =>
    withSite(harness, memoryLimits({ failures: { requests: 2, ...WINDOW } }), async ({ verify }) => {
      const [wallet, thief] = [createWallet(), createWallet()]
      expect((await verify(wallet, thief)).json().code).toBe('signature_invalid')
      expect((await verify(wallet, thief)).json().code).toBe('signature_invalid')
      expect((await verify(wallet, thief)).json().code).toBe('rate_limited')
      expect((await verify(wallet, wallet)).status).toBe(200)
    }))

  it('are 503 where the limiter cannot tell, unless the host has said otherwise', async () => {
    const down = (onOutage: Limits['onOutage']): Limits => ({
      kinds: ['connect'],
      onOutage,
      take: () => Promise.reject(new Error('the limiter is down')),
    })
    await withSite(harness, down('refuse'), async ({ connect }) => {
      const refused = await connect(createWallet())
      expect(refused.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    })
    await withSite(harness, down('allow'), async ({ connect }) => {
      expect((await connect(createWallet())).status).toBe(200)
    })
  })
})
