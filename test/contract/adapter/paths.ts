import { createGate, GateError } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, test } from 'vitest'
import { type RawRequest, send } from '../../support/http.js'
import type { AdapterHarness } from '../adapter-contract.js'
import { createWorld, start } from './world.js'

const DISGUISES = [
  '//health',
  '///health',
  '/health/',
  '/health/.',
  '/./health',
  '/health/../v1/proofs',
  '/health/..%2fv1/proofs',
  '/health/%2e%2e/v1/proofs',
  '/v1/proofs/../../health',
  '/v1/proofs;/health',
  '/v1/proofs#/health',
  '/v1/proofs?/health',
  '/v1/proofs?x=/health',
  '/%68ealth',
  '/health%20',
  '/health%3f',
  '/health%00',
  '/health;x',
  '/health;/../v1/proofs',
  '/health#x',
  '/health&x=1',
  '/HEALTH',
  '/Health',
  '/health/x',
  '/healthy',
  '/x/health',
  '/health\\..\\v1\\proofs',
  'http://127.0.0.1/health',
  'http://127.0.0.1/health/../v1/proofs',
  'http://127.0.0.1/health?x=1',
] as const

export function pathContract(harness: AdapterHarness): void {
  describe('a public path', () => {
    async function setUp() {
      const { gate } = await createWorld()
      return start(harness, {
        guards: [{ require: gate, options: { public: ['/health', '/metrics'] } }],
        routes: [
          { path: '/health' },
          { method: 'POST', path: '/health' },
          { path: '/v1/proofs' },
          { path: '/health/x' },
        ],
        fallback: () => ({ protected: true }),
      })
    }

    test.each(['/health', '/health?x=1', '/health?', '/health?/../v1/proofs', '/health?x=#/v1/proofs'])(
      'is open as %s',
      async (target) => {
        const app = await setUp()
        expect((await send(app.origin, { target })).status).toBe(200)
        expect(app.ran).toEqual(['GET /health'])
      },
    )

    test('is open whatever credential comes along', async () => {
      const app = await setUp()
      const headers = [
        ['Authorization', 'Bearer acto_wrong'],
        ['Authorization', 'Bearer acto_wrong'],
      ] as const
      expect((await send(app.origin, { target: '/health', headers })).status).toBe(200)
    })

    test('is guarded in every disguise, as are all others', async () => {
      const app = await setUp()
      for (const target of DISGUISES) {
        const answer = await send(app.origin, { target })
        expect(answer.status, target).toBe(401)
        expect(answer.json()).toMatchObject({ code: 'credential_missing' })
      }
      expect(app.ran).toEqual([])
    })

    test('is open for the mount that names it and for no other guard', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate, options: { public: ['/health'] } }],
        routes: [{ path: '/health', guards: [{ require: gate }] }],
      })
      expect((await send(app.origin, { target: '/health' })).status).toBe(401)
      expect(app.ran).toEqual([])
    })

    test.each([
      { public: '/health' },
      { public: ['health'] },
      { public: ['/v1/*'] },
      { public: ['/health?x=1'] },
      { public: [/health/] },
      { publik: ['/health'] },
      { preflights: true },
    ])('is refused at start where it is no exact path or misspelt: %j', async (options) => {
      const gate = createGate({ store: memoryStore() })
      const starting = harness.start({ guards: [{ require: gate, options: options as never }] })
      const error: unknown = await starting.then(
        (app) => app.close(),
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(GateError)
      expect(error).toMatchObject({ code: 'ERR_GATE_OPTIONS' })
    })
  })

  describe('an app-wide guard', () => {
    const unknown: readonly RawRequest[] = [
      { target: '/' },
      { target: '/nowhere' },
      { target: '/v1/proofs', method: 'DELETE' },
      { target: '/v1/proofs', method: 'OPTIONS' },
      { target: '/v1/proofs', method: 'PROPFIND' },
      { target: '*', method: 'OPTIONS' },
      { target: '/nowhere', method: 'POST', headers: [['Content-Type', 'nonsense']], body: '{' },
    ]

    test('answers 401, not 404, for what no route handles', async () => {
      const { gate, alice } = await createWorld()
      const app = await start(harness, { guards: [{ require: gate }], routes: [{ path: '/v1/proofs' }] })
      for (const request of unknown) {
        const answer = await send(app.origin, request)
        expect(answer.status, `${request.method} ${request.target}`).toBe(401)
        expect(answer.json()).toMatchObject({ code: 'credential_missing' })
      }
      expect((await send(app.origin, { target: '/nowhere', headers: alice })).status).toBe(404)
      expect(app.ran).toEqual([])
    })

    test('keeps every spelling of a protected path shut that a router may take for it', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        routes: [{ path: '/v1/proofs' }],
        fallback: () => ({ protected: true }),
      })
      const targets = ['/V1/PROOFS', '/v1/proofs/', '//v1/proofs', '/v1//proofs', '/v1/%70roofs']
      for (const target of [...targets, '/v1/proofs;x', 'http://evil/v1/proofs', '/v1/proofs#x']) {
        expect((await send(app.origin, { target })).status, target).toBe(401)
      }
      expect(app.ran).toEqual([])
    })
  })
}
