import { describe, expect, test } from 'vitest'
import { type RawRequest, send } from '../../support/http.js'
import type { AdapterHarness } from '../adapter-contract.js'
import { createWorld, start } from './world.js'

const ORIGIN = ['Origin', 'https://shop.example'] as const
const METHOD = ['Access-Control-Request-Method', 'POST'] as const
const preflight: RawRequest = { method: 'OPTIONS', target: '/v1/proofs', headers: [ORIGIN, METHOD] }

export function preflightContract(harness: AdapterHarness): void {
  describe('a preflight', () => {
    test('is guarded like anything else', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate }],
        fallback: () => ({ protected: true }),
      })
      expect((await send(app.origin, preflight)).status).toBe(401)
      expect(app.ran).toEqual([])
    })

    test('is guarded also beside public paths', async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate, options: { public: ['/health'] } }],
        fallback: () => ({ protected: true }),
      })
      expect((await send(app.origin, preflight)).status).toBe(401)
      expect(app.ran).toEqual([])
    })

    test("passes to the host with preflights: 'pass'", async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate, options: { preflights: 'pass' } }],
        fallback: () => ({ preflight: true }),
      })
      for (const headers of [
        [ORIGIN, METHOD],
        [ORIGIN, METHOD, ['Access-Control-Request-Headers', 'authorization']],
        [ORIGIN, METHOD, ['Content-Length', '0']],
      ] as const) {
        expect((await send(app.origin, { ...preflight, headers })).json()).toEqual({ preflight: true })
      }
      expect(app.ran).toEqual(['fallback', 'fallback', 'fallback'])
    })

    test("is guarded also with preflights: 'pass' where it is not a genuine one", async () => {
      const { gate } = await createWorld()
      const app = await start(harness, {
        guards: [{ require: gate, options: { preflights: 'pass' } }],
        routes: [{ path: '/v1/proofs' }],
        fallback: () => ({ protected: true }),
      })
      const headers = [ORIGIN, METHOD]
      const impostors: readonly RawRequest[] = [
        { ...preflight, headers: [ORIGIN] },
        { ...preflight, headers: [METHOD] },
        { ...preflight, headers: [ORIGIN, ['Access-Control-Request-Headers', 'authorization']] },
        { ...preflight, headers: [...headers, ['Authorization', 'Bearer acto_wrong']] },
        { ...preflight, headers: [...headers, ['Authorization', '']] },
        { ...preflight, body: '{}' },
        { ...preflight, headers: [...headers, ['Transfer-Encoding', 'chunked']] },
        { ...preflight, method: 'GET' },
        { ...preflight, method: 'POST' },
        { ...preflight, method: 'HEAD' },
      ]
      for (const request of impostors) {
        const answer = await send(app.origin, request)
        expect(answer.status, JSON.stringify(request)).toBe(401)
      }
      expect(app.ran).toEqual([])
    })
  })
}
