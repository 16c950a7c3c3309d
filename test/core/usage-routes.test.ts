import { describe, expect, onTestFinished, test } from 'vitest'
import type { AppDescription, RunningApp } from '../contract/adapter-contract.js'
import { adapters } from '../registry.js'
import { send } from '../support/http.js'
import { bearer } from '../support/requests.js'
import { eventually, usageKit } from './usage-kit.js'

const harnesses = Object.values(adapters).flat()

describe.each(harnesses)('requests on $name', (harness) => {
  async function setUp(describeApp: (kit: ReturnType<typeof usageKit>) => AppDescription) {
    const kit = usageKit({ usage: { flushIntervalMs: 1 } })
    const app: RunningApp = await harness.start(describeApp(kit))
    onTestFinished(async () => {
      await app.close()
      await kit.gate.close()
    })
    const { key, credentialId } = await kit.issue()
    return {
      ...kit,
      app,
      ask: (target: string, method = 'GET', headers = [bearer(key)]) =>
        send(app.origin, { method, target, headers }),
      expectCounts: (counts: object) =>
        eventually(async () => expect(await kit.sums(credentialId)).toEqual(counts)),
    }
  }

  test('are counted by the template of their route, never by their path, behind a guard of the whole app', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      guards: [{ require: gate }],
      routes: [
        { path: '/v1/proofs' },
        { path: '/v1/proofs/:id' },
        { method: 'POST', path: '/v1/proofs/:id' },
        { method: 'DELETE', path: '/v1/proofs/:id/parts/:part' },
      ],
    }))
    await ask('/v1/proofs')
    await ask('/v1/proofs?page=2')
    for (const id of ['a', 'b', 'c', '%2F', 'secret-of-a-caller']) {
      expect((await ask(`/v1/proofs/${id}`)).status).toBe(200)
    }
    await ask('/v1/proofs/a', 'POST')
    await ask('/v1/proofs/a/parts/7', 'DELETE')
    await expectCounts({
      'allowed GET /v1/proofs': 2,
      'allowed GET /v1/proofs/:id': 5,
      'allowed POST /v1/proofs/:id': 1,
      'allowed DELETE /v1/proofs/:id/parts/:part': 1,
    })
  })

  test('are counted so too behind a guard of one route, those that it refuses as well', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      routes: [
        { path: '/v1/proofs/:id', guards: [{ require: gate }] },
        {
          method: 'POST',
          path: '/v1/refunds/:id',
          guards: [{ require: gate.with({ scopes: ['refunds'] }) }],
        },
      ],
    }))
    await ask('/v1/proofs/a')
    await ask('/v1/proofs/b')
    expect((await ask('/v1/refunds/a', 'POST')).status).toBe(403)
    await expectCounts({
      'allowed GET /v1/proofs/:id': 2,
      'scope_insufficient POST /v1/refunds/:id': 1,
    })
  })

  test('are counted once behind both, as the last guard has it', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      outerGuards: [{ require: gate }],
      guards: [{ require: gate.with({ methods: ['apiKey'] }) }],
      routes: [
        { path: '/v1/proofs/:id', guards: [{ require: gate }] },
        { path: '/v1/refunds/:id', guards: [{ require: gate.with({ scopes: ['refunds'] }) }] },
        { path: '/v1/open' },
      ],
    }))
    await ask('/v1/proofs/a')
    await ask('/v1/refunds/a')
    await ask('/v1/open')
    await expectCounts({
      'allowed GET /v1/proofs/:id': 1,
      'scope_insufficient GET /v1/refunds/:id': 1,
      'allowed GET /v1/open': 1,
    })
  })

  test('are counted together where there is no such route, whatever they ask for', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      guards: [{ require: gate }],
      routes: [{ path: '/v1/proofs' }],
    }))
    for (let at = 0; at < 20; at++) expect((await ask(`/no/such/${at}`)).status).toBe(404)
    await ask('/v1/proofs')
    await ask('/nowhere', 'POST')
    await expectCounts({
      'allowed GET (unmatched)': 20,
      'allowed POST (unmatched)': 1,
      'allowed GET /v1/proofs': 1,
    })
  })

  test('that a guard of the whole app refuses are counted, by route where the framework knows it by then', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      guards: [{ require: gate.with({ scopes: ['refunds'] }) }],
      routes: [{ path: '/v1/proofs/:id' }],
    }))
    await ask('/v1/proofs/a')
    await ask('/v1/proofs/b')
    const route = harness.name.startsWith('fastify') ? '/v1/proofs/:id' : '(unmatched)'
    await expectCounts({ [`scope_insufficient GET ${route}`]: 2 })
  })

  test('are counted though their handler fails', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      guards: [{ require: gate }],
      routes: [
        {
          path: '/v1/broken/:id',
          handle: () => {
            throw new Error('the host has a bug')
          },
        },
      ],
    }))
    expect((await ask('/v1/broken/a')).status).toBe(500)
    await expectCounts({ 'allowed GET /v1/broken/:id': 1 })
  })

  test('are not counted before their credential is known, nor where nobody guards them', async () => {
    const { ask, batches, expectCounts } = await setUp(({ gate }) => ({
      guards: [{ require: gate, options: { public: ['/health'] } }],
      routes: [{ path: '/health' }, { path: '/v1/proofs' }],
    }))
    expect((await ask('/v1/proofs', 'GET', [])).status).toBe(401)
    expect((await ask('/v1/proofs', 'GET', [bearer(`sk_${'A'.repeat(43)}`)])).status).toBe(401)
    expect((await ask('/health')).status).toBe(200)
    await ask('/v1/proofs')
    await expectCounts({ 'allowed GET /v1/proofs': 1 })
    expect(batches.flatMap(({ counts }) => counts.map(({ credentialId }) => credentialId))).toEqual(
      expect.not.arrayContaining(['']),
    )
  })

  // koa-mount cuts the prefix off what the router sees, and has no other place for it.
  test.each([[['/shop']], [['/shop', '/eu']]])(
    'are counted with the mounts that they are below: %j',
    async (mounts) => {
      const { ask, expectCounts } = await setUp(({ gate }) => ({
        mounts,
        guards: [{ require: gate }],
        routes: [{ path: '/v1/proofs/:id' }, { path: '/v1/refunds/:id', guards: [{ require: gate }] }],
      }))
      const prefix = mounts.join('')
      await ask(`${prefix}/v1/proofs/a`)
      await ask(`${prefix}/v1/refunds/a`)
      await expectCounts({
        [`allowed GET ${prefix}/v1/proofs/:id`]: 1,
        [`allowed GET ${prefix}/v1/refunds/:id`]: 1,
      })
    },
  )

  test('to the endpoints of the gate itself are counted by their templates', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      endpoints: { gate, groups: { signIn: true, keys: true } },
      guards: [{ require: gate }],
    }))
    for (const id of ['a', 'b']) expect((await ask(`/v1/keys/${id}/stats`)).status).toBe(403)
    await ask('/v1/keys')
    await ask('/v1/auth/me')
    await expectCounts({
      'method_mismatch GET /v1/keys/:key_id/stats': 2,
      'method_mismatch GET /v1/keys': 1,
      'method_mismatch GET /v1/auth/me': 1,
    })
  })

  test('to the endpoints of the gate itself are counted with their mounts', async () => {
    const { ask, expectCounts } = await setUp(({ gate }) => ({
      mounts: ['/shop'],
      endpoints: { gate, groups: { signIn: true, keys: true } },
    }))
    expect((await ask('/shop/v1/keys')).status).toBe(403)
    await expectCounts({ 'method_mismatch GET /shop/v1/keys': 1 })
  })
})
