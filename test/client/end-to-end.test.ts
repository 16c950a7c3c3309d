import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { apiKey, createGate, deny, type GateOptions, type PolicyInput, sharedSecretJwt } from 'sallyport'
import { getAccess, requireAccess } from 'sallyport/express'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  AuthenticationError,
  AuthorizationError,
  createClient,
  RateLimitError,
  ServerError,
  ValidationError,
} from '../../src/client/index.js'
import { ALICE, BOB, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { errorOf } from './kit.js'

/** A real Express app behind a real gate, with a robot's API key and a processor's shared secret. */
async function shop(options: Partial<GateOptions> = {}) {
  const store = memoryStore()
  const methods = [apiKey({ prefix: 'acto' }), sharedSecretJwt()]
  const balances = tableBalances({ decimals: 0 })
  const gate = createGate({ store, methods, balances, ...options })
  const members = gate.with({ balance: { mint: MINT, minimum: '50000', symbol: 'ACTO' } })
  const app = express()
  app.use(requireAccess(gate), express.json())
  app.get('/v1/me', (req, res) => {
    const { principal, wallet } = getAccess(req)
    res.json({ accountId: principal.accountId, kind: principal.kind, wallet: wallet?.address ?? null })
  })
  app.post('/v1/charges', requireAccess(gate.with({ role: 'processor' })), (req, res) => {
    res.status(201).json({ charged: req.body.amount })
  })
  app.get('/v1/members', requireAccess(members), (_req, res) => {
    res.json({ member: true })
  })
  app.get('/v1/busy', (_req, res) => {
    res.status(429).set('Retry-After', '3').json({ detail: 'slow down' })
  })
  const { key } = await store.issueApiKey({ prefix: 'acto', accountId: 'robots-inc', wallets: [ALICE] })
  const pair = await store.issueSharedSecret({ accountId: 'acme-pay', role: 'processor' })
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const common = { baseUrl, sleep: async () => {} }
  return {
    balances,
    common,
    robot: createClient({ ...common, apiKey: key, wallet: ALICE }),
    keyed: { ...common, apiKey: key },
    minted: { ...common, keyId: pair.keyId, sharedSecret: pair.sharedSecret },
    processor: createClient({ ...common, keyId: pair.keyId, sharedSecret: pair.sharedSecret }),
  }
}

describe('a client of a guarded backend', () => {
  it('is let in with an API key and its wallet', async () => {
    const { robot } = await shop()
    expect(await robot.get('/v1/me')).toEqual({ accountId: 'robots-inc', kind: 'apiKey', wallet: ALICE })
  })

  it('is let in with a shared secret', async () => {
    const { processor } = await shop()
    expect(await processor.get('/v1/me')).toMatchObject({ accountId: 'acme-pay', kind: 'sharedSecretJwt' })
    expect(await processor.post('/v1/charges', { amount: '12.50' })).toEqual({ charged: '12.50' })
  })

  it('is told what it may not do, by class and by code', async () => {
    const { robot, keyed, common } = await shop()
    const unknown = createClient({ ...common, apiKey: `acto_${'x'.repeat(43)}` })
    const unsigned = createClient({
      ...common,
      keyId: 'api_key_no',
      sharedSecret: 'nobody knows this one at all',
    })
    const cases = [
      [() => robot.post('/v1/charges', {}), AuthorizationError, 'role_mismatch'],
      [() => unknown.get('/v1/me'), AuthenticationError, 'credential_invalid'],
      [() => unsigned.get('/v1/me'), AuthenticationError, 'credential_invalid'],
      [() => createClient(keyed).get('/v1/me'), ValidationError, 'wallet_missing'],
      [() => createClient({ ...keyed, wallet: BOB }).get('/v1/me'), AuthorizationError, 'wallet_mismatch'],
      [() => robot.get('/v1/busy'), RateLimitError, undefined],
    ] as const
    for (const [call, ErrorClass, code] of cases) {
      const error = await errorOf(call())
      expect(error).toBeInstanceOf(ErrorClass)
      expect(error.code).toBe(code)
      if (code !== undefined) expect(error.decisionId).toEqual(expect.any(String))
    }
    const missing = await errorOf(createClient(keyed).get('/v1/me'))
    expect(missing.remedy).toEqual({ action: 'send_header', header: 'x-wallet-address' })
  })

  it('is told what to acquire', async () => {
    const { robot, balances } = await shop()
    balances.set(ALICE, MINT, 25_000n)
    const error = await errorOf(robot.get('/v1/members'))
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code: 'balance_insufficient',
      detail: 'Insufficient token balance. Required: 50000 ACTO',
      problem: { required: '50000', balance: '25000' },
      remedy: { action: 'acquire_tokens', mint: MINT, symbol: 'ACTO', amount: '25000', wallet: ALICE },
    })
  })

  it('gets over an outage that passes, and over a policy that is late', async () => {
    let asked = 0
    const { robot, processor } = await shop({
      policies: [
        ({ request }: PolicyInput) => {
          if (request.target === '/v1/none') return deny('nothing_here')
          if (++asked % 2 === 1) throw new Error('not now')
          return true
        },
      ],
      onDecision: () => {},
    })
    expect(await robot.get('/v1/me')).toMatchObject({ accountId: 'robots-inc' })
    expect(asked).toBe(2)
    expect(await errorOf(robot.get('/v1/none'))).toMatchObject({ status: 403, code: 'nothing_here' })
    asked = 2
    expect(await processor.get('/v1/me')).toMatchObject({ accountId: 'acme-pay' })
  })

  it('is a server error where an outage stays', async () => {
    const { robot } = await shop({
      policies: [
        () => {
          throw new Error('never')
        },
      ],
      onDecision: () => {},
    })
    const error = await errorOf(robot.get('/v1/me'))
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ code: 'policy_unavailable', retryable: true, retryAfterMs: 2000 })
  })

  it.each([-2, 2])('is let in with a clock that is %i hours off', async (hours) => {
    const { minted } = await shop()
    const wallMs = () => Date.now() + hours * 3_600_000
    const client = createClient({ ...minted, clock: { wallMs, monotonicMs: () => performance.now() } })
    expect(await client.post('/v1/charges', { amount: '1' })).toEqual({ charged: '1' })
  })

  it('is let in again and again where each token counts once', async () => {
    const { minted } = await shop({ methods: [sharedSecretJwt({ replay: 'jti' })] })
    const client = createClient({ ...minted, jti: true })
    await client.get('/v1/me')
    await client.get('/v1/me')
    const reusing = createClient(minted)
    expect(await errorOf(reusing.get('/v1/me'))).toMatchObject({ code: 'credential_invalid' })
  })

  it('is let in with the audience that the backend expects', async () => {
    const { minted } = await shop({ methods: [sharedSecretJwt({ audience: 'shop' })] })
    expect(await createClient({ ...minted, audience: 'shop' }).get('/v1/me')).toBeDefined()
    expect(await errorOf(createClient({ ...minted, audience: 'bank' }).get('/v1/me'))).toMatchObject({
      status: 401,
    })
  })
})
