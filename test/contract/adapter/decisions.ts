import { createGate, deny, type GateOptions } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, test } from 'vitest'
import { ALICE, BOB } from '../../support/addresses.js'
import { type RawRequest, send } from '../../support/http.js'
import { bearer, walletHeader } from '../../support/requests.js'
import type { AdapterHarness } from '../adapter-contract.js'
import { createWorld, mint, session, start } from './world.js'

const JSON_TYPE = ['Content-Type', 'application/json'] as const

export function decisionContract(harness: AdapterHarness): void {
  describe('a decision', () => {
    test('hands the handler what was found out, in the type of its gate', async () => {
      const { gate, members, alice } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ require: members }],
            handle: (access) => {
              const { principal, wallet, balance } = access(members)
              const proofs = [{ ownerWallet: ALICE }, { ownerWallet: BOB }].filter(wallet.owns)
              return { kind: principal.kind, account: principal.accountId, proofs, held: `${balance.amount}` }
            },
          },
        ],
      })
      const answer = await send(app.origin, { target: '/v1/proofs', headers: alice })
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual({
        kind: 'apiKey',
        account: 'robots',
        proofs: [{ ownerWallet: ALICE }],
        held: '60000000000000',
      })
    })

    test('that is known at once is honoured as one that is waited for', async () => {
      const store = memoryStore()
      const { key } = await store.issueApiKey({ accountId: 'robots' })
      const gate = createGate({ store })
      const app = await start(harness, { guards: [{ require: gate }], routes: [{ path: '/v1/proofs' }] })
      const allowed = await send(app.origin, { target: '/v1/proofs', headers: [bearer(key)] })
      expect(allowed.status).toBe(200)
      const refused = await send(app.origin, { target: '/v1/proofs', headers: [bearer(`${key}x`)] })
      expect(refused.status).toBe(401)
      expect(app.ran).toEqual(['GET /v1/proofs'])
    })

    test('allows every method, for the wallet that follows from credential and header', async () => {
      const { gate, issueKey, issuePair, pair, walletless } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        routes: [
          {
            path: '/v1/proofs',
            handle: (access) => [access().principal.kind, access().wallet?.address ?? null],
          },
        ],
      })
      const both = { wallets: [ALICE, BOB] }
      const { key } = await issueKey(both)
      const several = await mint(await issuePair(both))
      const cases = [
        [
          [bearer(key), walletHeader(BOB)],
          ['apiKey', BOB],
        ],
        [walletless, ['apiKey', null]],
        [[bearer(await mint(pair))], ['sharedSecretJwt', ALICE]],
        [
          [bearer(await mint(pair)), walletHeader(ALICE)],
          ['sharedSecretJwt', ALICE],
        ],
        [[bearer(several)], ['sharedSecretJwt', null]],
        [[bearer(await session())], ['walletSession', ALICE]],
      ] as const
      for (const [headers, found] of cases) {
        const answer = await send(app.origin, { target: '/v1/proofs', headers })
        expect(answer.json()).toEqual(found)
      }
    })

    test('that allows leaves the errors of the handler to the framework, once', async () => {
      const { gate, alice } = await createWorld()
      const failure = new Error('the handler failed')
      const app = await start(harness, {
        guards: [{ require: gate }],
        routes: [
          {
            path: '/v1/proofs',
            guards: [{ require: gate }],
            handle: () => {
              throw failure
            },
          },
        ],
      })
      expect((await send(app.origin, { target: '/v1/proofs', headers: alice })).status).toBe(500)
      expect(app.ran).toEqual(['GET /v1/proofs'])
      expect(app.errors).toEqual([failure])
    })

    test('that refuses ends the request, and no error handler of the host hears of it', async () => {
      const { gate, members, alice, bob, carol, walletless, balances, issueKey, pair } = await createWorld()
      const routes = {
        '/members': members,
        '/wallet': gate.with({ wallet: 'required' }),
        '/tokens': gate.with({ methods: ['sharedSecretJwt'] }),
        '/processors': gate.with({ role: 'processor' }),
        '/refunds': gate.with({ scopes: ['refunds'] }),
        '/denied': gate.with({ policy: () => deny('refunds_not_allowed') }),
        '/broken': gate.with({
          policy: () => {
            throw new Error('broken')
          },
        }),
        '/open': gate,
      }
      const app = await start(harness, {
        routes: Object.entries(routes).map(([path, require]) => ({ path, guards: [{ require }] })),
      })
      const { key } = await issueKey({ wallets: [ALICE] })
      const late = await mint(pair, { iat: 1_000_000_000, exp: 1_000_000_300 })
      const cases = [
        ['/open', [], 401, 'credential_missing'],
        ['/open', [bearer('acto_nothing')], 401, 'credential_invalid'],
        ['/open', [bearer(late)], 401, 'credential_expired'],
        ['/open', [...alice, ...bob], 400, 'request_ambiguous'],
        ['/open', [bearer(key)], 400, 'wallet_missing'],
        ['/open', [bearer(key), walletHeader('me')], 400, 'wallet_malformed'],
        ['/open', [bearer(key), walletHeader(BOB)], 403, 'wallet_mismatch'],
        ['/wallet', walletless, 403, 'wallet_required'],
        ['/tokens', alice, 403, 'method_mismatch'],
        ['/processors', alice, 403, 'role_mismatch'],
        ['/refunds', alice, 403, 'scope_insufficient'],
        ['/members', carol, 403, 'balance_insufficient'],
        ['/denied', alice, 403, 'refunds_not_allowed'],
        ['/broken', alice, 503, 'policy_unavailable'],
      ] as const
      for (const [target, headers, status, code] of cases) {
        const answer = await send(app.origin, { target, headers })
        expect(answer.status, code).toBe(status)
        expect(answer.json()).toMatchObject({ status, code })
      }
      balances.fault = () => Promise.reject(new Error('the chain is down'))
      const outage = await send(app.origin, { target: '/members', headers: alice })
      expect(outage.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
      expect(app.ran).toEqual([])
      expect(app.errors).toEqual([])
    })

    const broken: Record<string, Partial<GateOptions>> = {
      'a store that throws': { store: { ...memoryStore(), findCredential: fail, claim: fail } },
      'a store that rejects': {
        store: { ...memoryStore(), findCredential: async () => fail(), claim: fail },
      },
      'a store that answers nonsense': {
        store: { ...memoryStore(), findCredential: () => ({}) as never, claim: fail },
      },
      'a store that never answers': {
        store: { ...memoryStore(), findCredential: () => new Promise<never>(() => {}), claim: fail },
      },
      'a policy that throws': { policies: [fail] },
      'a policy that rejects': { policies: [async () => fail()] },
      'a policy that never answers': { policies: [() => new Promise<never>(() => {})] },
      'a policy that says something else than yes': { policies: [() => 'yes' as never] },
      'a wall clock that throws': { clock: { wallMs: fail, monotonicMs: () => 0 } },
      'a monotonic clock that throws': { clock: { wallMs: Date.now, monotonicMs: fail } },
      'a clock that breaks on the way': clockThatBreaks(),
    }
    test.each(Object.entries(broken))('stays closed behind %s', async (_name, options) => {
      const { gate, alice } = await createWorld(options)
      const app = await start(harness, { guards: [{ require: gate }], routes: [{ path: '/v1/proofs' }] })
      const answer = await send(app.origin, { target: '/v1/proofs', headers: alice })
      expect(answer.status).toBe(503)
      expect(answer.json()).toMatchObject({ retryable: true })
      expect(app.ran).toEqual([])
      expect(app.errors).toEqual([])
    })

    test('stands where the hook that watches it throws', async () => {
      const { gate, alice } = await createWorld({ onDecision: fail })
      const app = await start(harness, { guards: [{ require: gate }], routes: [{ path: '/v1/proofs' }] })
      expect((await send(app.origin, { target: '/v1/proofs', headers: alice })).status).toBe(200)
      expect((await send(app.origin, { target: '/v1/proofs' })).status).toBe(401)
    })

    test('on HEAD is the one on GET, without its body', async () => {
      const { gate, alice } = await createWorld()
      const app = await start(harness, { guards: [{ require: gate }], routes: [{ path: '/v1/proofs' }] })
      const refused = await send(app.origin, { method: 'HEAD', target: '/v1/proofs' })
      expect([refused.status, refused.body]).toEqual([401, ''])
      expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="api"')
      expect(app.ran).toEqual([])
      const allowed = await send(app.origin, { method: 'HEAD', target: '/v1/proofs', headers: alice })
      expect([allowed.status, allowed.body]).toEqual([200, ''])
      expect(app.ran).toEqual(['GET /v1/proofs'])
    })

    test('comes before the body is parsed', async () => {
      const { gate, alice } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        parsesBehind: true,
        routes: [{ method: 'POST', path: '/v1/proofs' }],
      })
      const request: RawRequest = {
        method: 'POST',
        target: '/v1/proofs',
        headers: [JSON_TYPE],
        body: '{"a":',
      }
      expect((await send(app.origin, request)).status).toBe(401)
      expect(app.errors).toEqual([])
      const known = await send(app.origin, { ...request, headers: [JSON_TYPE, ...alice] })
      expect(known.status).toBe(400)
      const fine = await send(app.origin, { ...request, headers: [JSON_TYPE, ...alice], body: '{"a":1}' })
      expect(fine.status).toBe(200)
      expect(app.ran).toEqual(['POST /v1/proofs'])
    })

    test('comes before the host looks for the body that a DELETE announces and has not', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        parsesBehind: true,
        routes: [{ method: 'DELETE', path: '/v1/proofs' }],
      })
      const answer = await send(app.origin, { method: 'DELETE', target: '/v1/proofs', headers: [JSON_TYPE] })
      expect(answer.status).toBe(401)
      expect(app.errors).toEqual([])
    })
  })
}

// The policy is asked long after the gate has answered with a promise.
function clockThatBreaks(): Partial<GateOptions> {
  let broken = false
  const monotonicMs = () => (broken ? fail() : 0)
  const policy = () => {
    broken = true
    return true
  }
  return { clock: { wallMs: Date.now, monotonicMs }, policies: [policy] }
}

function fail(): never {
  throw new Error('out of order')
}
