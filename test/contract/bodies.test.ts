import { describe, expect, test } from 'vitest'
import { adapters } from '../registry.js'
import { send } from '../support/http.js'
import { createWorld, start } from './adapter/world.js'

// ACTO's own client announces JSON on every request, also on those without a body.
const JSON_TYPE = ['Content-Type', 'application/json'] as const

describe.each(Object.values(adapters).flat())(
  'a DELETE that announces a body and has none, on $name',
  (harness) => {
    async function setUp() {
      const world = await createWorld()
      const app = await start(harness, {
        guards: [{ require: world.gate }],
        parsesBehind: true,
        routes: [{ method: 'DELETE', path: '/v1/proofs' }],
      })
      return { ...world, app }
    }

    test('is refused for its credential first', async () => {
      const { app } = await setUp()
      const answer = await send(app.origin, { method: 'DELETE', target: '/v1/proofs', headers: [JSON_TYPE] })
      expect(answer.json()).toMatchObject({ status: 401, code: 'credential_missing' })
      expect([app.ran, app.errors]).toEqual([[], []])
    })

    test('is let in, and what the host makes of it is its own affair', async () => {
      const { app, alice } = await setUp()
      const headers = [JSON_TYPE, ...alice]
      const answer = await send(app.origin, { method: 'DELETE', target: '/v1/proofs', headers })
      if (harness.name === 'fastify 5') {
        expect(answer.json()).toMatchObject({ statusCode: 400, code: 'FST_ERR_CTP_EMPTY_JSON_BODY' })
      } else {
        expect(answer.json()).toEqual({ reached: true })
        expect(app.ran).toEqual(['DELETE /v1/proofs'])
      }
    })
  },
)
