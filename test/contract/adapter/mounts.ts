import { describe, expect, test } from 'vitest'
import { send } from '../../support/http.js'
import type { AdapterHarness } from '../adapter-contract.js'
import { createWorld, start } from './world.js'

export function mountContract(harness: AdapterHarness): void {
  describe.each([[['/shop']], [['/shop', '/eu']], [['/shop', '/eu', '/north']]])(
    'a guard mounted below %j',
    (mounts) => {
      const prefix = mounts.join('')

      test('sees the whole path, in events and in policies', async () => {
        const seen: unknown[] = []
        const { gate, members, events, alice } = await createWorld({
          policies: [({ request }) => seen.push({ ...request, ip: request.ip }) > 0],
        })
        const app = await start(harness, {
          mounts,
          guards: [{ require: gate }],
          routes: [{ path: '/v1/proofs', guards: [{ require: members }] }],
        })
        const target = `${prefix}/v1/proofs?page=2`
        expect((await send(app.origin, { target, headers: alice })).status).toBe(200)
        expect(app.ran).toEqual(['GET /v1/proofs'])
        expect(events.map(({ path }) => path)).toEqual([`${prefix}/v1/proofs`, `${prefix}/v1/proofs`])
        const request = { method: 'GET', target, ip: '127.0.0.1' }
        expect(seen).toEqual([request, request])
      })

      test('compares public paths with the whole path', async () => {
        const { gate } = await createWorld()
        const app = await start(harness, {
          mounts,
          guards: [{ require: gate, options: { public: ['/health', `${prefix}/metrics`] } }],
          routes: [{ path: '/health' }, { path: '/metrics' }],
        })
        expect((await send(app.origin, { target: `${prefix}/health` })).status).toBe(401)
        expect(app.ran).toEqual([])
        expect((await send(app.origin, { target: `${prefix}/metrics` })).status).toBe(200)
        expect(app.ran).toEqual(['GET /metrics'])
      })

      test('stacks with the guard of the whole app', async () => {
        const { gate, members, events, counts, alice, bob } = await createWorld()
        const app = await start(harness, {
          outerGuards: [{ require: gate, options: { public: [`${prefix}/health`] } }],
          mounts,
          guards: [{ require: members, options: { public: [`${prefix}/health`] } }],
          routes: [{ path: '/health' }, { path: '/v1/proofs' }],
        })
        expect((await send(app.origin, { target: `${prefix}/health` })).status).toBe(200)
        expect((await send(app.origin, { target: `${prefix}/v1/proofs` })).status).toBe(401)
        expect((await send(app.origin, { target: `${prefix}/v1/proofs`, headers: bob })).status).toBe(403)
        expect(app.ran).toEqual(['GET /health'])
        events.length = 0
        counts.lookups = 0
        expect((await send(app.origin, { target: `${prefix}/v1/proofs`, headers: alice })).status).toBe(200)
        expect(events.map(({ code, path }) => [code, path])).toEqual([
          ['allowed', `${prefix}/v1/proofs`],
          ['allowed', `${prefix}/v1/proofs`],
        ])
        expect(counts.lookups).toBe(1)
      })
    },
  )
}
