import { GateError } from 'sallyport'
import { describe, expect, test } from 'vitest'
import { ALICE } from '../../support/addresses.js'
import { send } from '../../support/http.js'
import { bearer } from '../../support/requests.js'
import type { AdapterHarness, RunningApp } from '../adapter-contract.js'
import { createWorld, mint, start } from './world.js'

const forged = {
  principal: { kind: 'apiKey', accountId: 'mallory', scopes: ['*'], wallets: [ALICE] },
  wallet: { address: ALICE },
  type: 'allow',
}

export function accessContract(harness: AdapterHarness): void {
  async function expectNoAccess(app: RunningApp, headers: Parameters<typeof bearer> | [] = []) {
    const [token] = headers
    const answer = await send(app.origin, {
      target: '/v1/proofs',
      headers: token === undefined ? [] : [bearer(token)],
    })
    expect(answer.status).toBe(500)
    expect(app.ran).toEqual(['GET /v1/proofs'])
    expect(app.errors).toHaveLength(1)
    expect(app.errors[0]).toBeInstanceOf(GateError)
    expect(app.errors[0]).toMatchObject({ code: 'ERR_GATE_NO_ACCESS' })
  }

  describe('getAccess', () => {
    test('throws on a route that nobody guards, whatever the host or a caller has put there', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        forged,
        routes: [
          { path: '/v1/proofs', handle: (access) => access() },
          { path: '/v1/other', guards: [{ require: gate }] },
        ],
      })
      await expectNoAccess(app)
    })

    test('throws on a public path', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate, options: { public: ['/v1/proofs'] } }],
        routes: [{ path: '/v1/proofs', handle: (access) => access() }],
      })
      await expectNoAccess(app, ['acto_wrong'])
    })

    test('answers what the gate found, not what the host has put in its place', async () => {
      const { gate, alice } = await createWorld()
      const app = await start(harness, {
        forged,
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ require: gate }],
            handle: (access) => ({ account: access().principal.accountId }),
          },
        ],
      })
      const answer = await send(app.origin, { target: '/v1/proofs', headers: alice })
      expect(answer.json()).toEqual({ account: 'robots' })
    })

    test('throws where only a looser gate has allowed the request', async () => {
      const { gate, members, pair } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        routes: [{ path: '/v1/proofs', handle: (access) => access(members).wallet.address }],
      })
      await expectNoAccess(app, [await mint(pair)])
    })

    test('throws where a sister of the gate has allowed the request', async () => {
      const { gate, members, pair } = await createWorld()
      const sister = gate.with({ wallet: 'required' })
      const app = await start(harness, {
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ require: sister }],
            handle: (access) => access(members).wallet.address,
          },
        ],
      })
      await expectNoAccess(app, [await mint(pair)])
    })

    test('answers where a gate made from it has allowed the request', async () => {
      const { gate, members, alice } = await createWorld()
      const strict = members.with({ scopes: ['proofs:read'] })
      const app = await start(harness, {
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ require: strict }],
            handle: (access) => ({
              wallets: [access(strict), access(members), access(gate), access()].map(
                ({ wallet }) => wallet?.address,
              ),
            }),
          },
        ],
      })
      const answer = await send(app.origin, { target: '/v1/proofs', headers: alice })
      expect(answer.json()).toEqual({ wallets: [ALICE, ALICE, ALICE, ALICE] })
    })

    test('knows nothing of the request before on the same connection', async () => {
      const { gate, pair } = await createWorld()
      const app = await start(harness, {
        routes: [
          { path: '/v1/guarded', guards: [{ require: gate }] },
          { path: '/v1/proofs', handle: (access) => access() },
        ],
      })
      const headers = { Authorization: `Bearer ${await mint(pair)}` }
      const allowed = await fetch(`${app.origin}/v1/guarded`, { headers })
      await allowed.text()
      expect(allowed.status).toBe(200)
      const open = await fetch(`${app.origin}/v1/proofs`)
      await open.text()
      expect(open.status).toBe(500)
    })
  })

  describe('optionalAccess', () => {
    async function setUp(policyAnswers = true) {
      const kinds: string[] = []
      const world = await createWorld({
        policies: [({ access }) => kinds.push(access.principal.kind) > 0 && policyAnswers],
      })
      const { gate } = world
      const app = await start(harness, {
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ optional: gate }],
            handle: (access) => ({ kind: access().principal.kind, wallet: access().wallet }),
          },
          { path: '/v1/mine', guards: [{ optional: gate }], handle: (access) => access(gate).principal.kind },
        ],
      })
      return { ...world, app, kinds }
    }

    test('lets a request without any credential in as anonymous, if the policies agree', async () => {
      const { app, kinds } = await setUp()
      const answer = await send(app.origin, { target: '/v1/proofs' })
      expect(answer.json()).toEqual({ kind: 'anonymous', wallet: null })
      expect(kinds).toEqual(['anonymous'])
      const refusing = await setUp(false)
      const refused = await send(refusing.app.origin, { target: '/v1/proofs' })
      expect(refused.json()).toMatchObject({ status: 403, code: 'policy_denied' })
      expect(refusing.app.ran).toEqual([])
    })

    test('decides on any credential as always', async () => {
      const { app, alice } = await setUp()
      for (const value of ['Bearer acto_wrong', 'Bearer', '', 'Basic cm9ib3Q=', 'x']) {
        const answer = await send(app.origin, { target: '/v1/proofs', headers: [['Authorization', value]] })
        expect(answer.status, value).toBe(401)
      }
      const twice = await send(app.origin, { target: '/v1/proofs', headers: [...alice, ...alice] })
      expect(twice.status).toBe(400)
      expect(app.ran).toEqual([])
      const known = await send(app.origin, { target: '/v1/proofs', headers: alice })
      expect(known.json()).toMatchObject({ kind: 'apiKey', wallet: { address: ALICE } })
    })

    test('proves nothing about a gate for the anonymous', async () => {
      const { app } = await setUp()
      expect((await send(app.origin, { target: '/v1/mine' })).status).toBe(500)
      expect(app.errors[0]).toMatchObject({ code: 'ERR_GATE_NO_ACCESS' })
    })
  })

  describe('stacked guards', () => {
    test('verify the credential once and read a balance once', async () => {
      const { gate, members, counts, balances, alice, pair } = await createWorld()
      const strict = members.with({ scopes: ['proofs:read'] })
      const app = await start(harness, {
        guards: [{ require: gate }, { require: members }],
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ require: strict }, { optional: gate }],
            handle: (access) => ({ held: `${access(strict).balance.amount}` }),
          },
        ],
      })
      // The token may be used once, so that a second verification would find it replayed.
      for (const headers of [alice, [bearer(await mint(pair))]]) {
        counts.lookups = 0
        const before = balances.reads
        const answer = await send(app.origin, { target: '/v1/proofs', headers })
        expect(answer.json()).toEqual({ held: '60000000000000' })
        expect([counts.lookups, balances.reads - before]).toEqual([1, 1])
      }
    })

    test('are shut as soon as one refuses', async () => {
      const { gate, members, bob } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        routes: [{ path: '/v1/proofs', guards: [{ require: members }] }],
      })
      const answer = await send(app.origin, { target: '/v1/proofs', headers: bob })
      expect(answer.json()).toMatchObject({ status: 403, code: 'balance_insufficient' })
      expect(app.ran).toEqual([])
    })
  })
}
