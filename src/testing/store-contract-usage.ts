import assert from 'node:assert/strict'
import { atOnce, upTo } from './store-contract-calls.js'
import { batch, count, credential, HOUR, same, sum } from './store-contract-counts.js'
import { HOUR_MS } from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

/** Cases of usage counts. */
export const usageCases: readonly StoreCase[] = [
  {
    name: 'adds counts up over all time and by the hour',
    async use(kit) {
      const [calls, other] = await kit.instances()
      const id = await credential(kit)
      const later = HOUR + HOUR_MS
      await calls.addUsage(batch('first', [count(id, 3), count(id, 2, { outcome: 'rate_limited' })]))
      await other.addUsage(
        batch('second', [count(id, 4), count(id, 5, { hourMs: later, lastUsedAtMs: later })]),
      )
      await calls.addUsage(batch('third', [count(id, 7, { route: 'POST /v1/proofs' })]))
      await calls.addUsage(batch('empty', []))
      const limited = { outcome: 'rate_limited' }
      const posted = { route: 'POST /v1/proofs' }
      const total = [sum(id, 12, { lastUsedAtMs: later }), sum(id, 2, limited), sum(id, 7, posted)]
      const inLater = sum(id, 5, { hourMs: later, lastUsedAtMs: later })
      const inFirst = [
        sum(id, 7, { hourMs: HOUR }),
        sum(id, 2, { hourMs: HOUR, ...limited }),
        sum(id, 7, { hourMs: HOUR, ...posted }),
      ]
      for (const { usage } of [calls, other]) {
        same(await usage({ credentialIds: [id] }), total)
        for (const hoursSinceMs of [0, HOUR]) {
          same(await usage({ credentialIds: [id], hoursSinceMs }), [...total, inLater, ...inFirst])
        }
        for (const hoursSinceMs of [HOUR + 1, later]) {
          same(await usage({ credentialIds: [id], hoursSinceMs }), [...total, inLater])
        }
        same(await usage({ credentialIds: [id], hoursSinceMs: later + 1 }), total)
      }
    },
  },
  {
    name: 'takes counts back, also ahead of those that they are taken from, and counts beyond 32 bits',
    async use(kit) {
      const { calls } = kit
      const id = await credential(kit)
      await calls.addUsage(batch('first', [count(id, -3)]))
      await calls.addUsage(batch('second', [count(id, 5)]))
      same(await calls.usage({ credentialIds: [id] }), [sum(id, 2)])
      await calls.addUsage(batch('third', [count(id, -2)]))
      for (const { count: left } of await calls.usage({ credentialIds: [id] })) assert.equal(left, 0)
      const many = 2 ** 33 + 1
      await calls.addUsage(batch('fourth', [count(id, many), count(id, many)]))
      same(await calls.usage({ credentialIds: [id], hoursSinceMs: HOUR }), [
        sum(id, 2 * many),
        sum(id, 2 * many, { hourMs: HOUR }),
      ])
    },
  },
  {
    name: 'adds a batch once, however often and from wherever it is sent',
    async use(kit) {
      const stores = await kit.instances()
      const id = await credential(kit)
      const counts = [count(id, 1), count(id, 2, { outcome: 'rate_limited' })]
      const total = [sum(id, 1), sum(id, 2, { outcome: 'rate_limited' })]
      const sent = batch(crypto.randomUUID(), counts)
      await atOnce(stores, upTo(16), ({ addUsage }) => addUsage(sent))
      same(await stores[1].usage({ credentialIds: [id] }), total)
      for (const ms of [0, 60_000]) {
        kit.clock.advance(ms)
        for (const { addUsage } of stores) await addUsage(sent)
        same(await stores[0].usage({ credentialIds: [id] }), total)
      }
      await stores[1].addUsage(batch(crypto.randomUUID(), counts))
      same(
        await stores[0].usage({ credentialIds: [id] }),
        total.map((one) => ({ ...one, count: one.count * 2 })),
      )
    },
  },
  {
    name: 'adds two thousand counts in one batch, also several of the same thing',
    async use(kit) {
      const { calls } = kit
      const ids = [await credential(kit), await credential(kit)]
      const [first = '', second = ''] = ids
      const counts = upTo(500).flatMap((at) => [
        count(first, 1, { route: `GET /v1/things/${at % 250}` }),
        count(first, 1, { route: `GET /v1/things/${at % 250}`, hourMs: HOUR + HOUR_MS }),
        count(second, at),
        count(second, 1, { route: `GET /v1/things/${at}` }),
      ])
      await calls.addUsage(batch('large', counts))
      const hourly = await calls.usage({ credentialIds: ids, hoursSinceMs: HOUR })
      same(hourly, [
        ...upTo(250).flatMap((at) => {
          const route = `GET /v1/things/${at}`
          return [
            sum(first, 4, { route }),
            sum(first, 2, { route, hourMs: HOUR }),
            sum(first, 2, { route, hourMs: HOUR + HOUR_MS }),
          ]
        }),
        sum(second, 124_750),
        sum(second, 124_750, { hourMs: HOUR }),
        ...upTo(500).flatMap((at) => {
          const route = `GET /v1/things/${at}`
          return [sum(second, 1, { route }), sum(second, 1, { route, hourMs: HOUR })]
        }),
      ])
    },
  },
  {
    name: 'loses no count where many batches are added at the same time, in whatever order they count',
    async use(kit) {
      const stores = await kit.instances()
      const ids = [await credential(kit), await credential(kit), await credential(kit)]
      const routes = upTo(10).map((at) => `GET /v1/things/${at}`)
      const counts = ids.flatMap((id) => routes.map((route) => count(id, 1, { route })))
      const batches = upTo(24).map((at) => batch(`batch-${at}`, at % 2 === 0 ? counts : counts.toReversed()))
      await atOnce(stores, batches, ({ addUsage }, sent) => addUsage(sent))
      same(
        await stores[1].usage({ credentialIds: ids, hoursSinceMs: HOUR }),
        ids.flatMap((id) =>
          routes.flatMap((route) => [sum(id, 24, { route }), sum(id, 24, { route, hourMs: HOUR })]),
        ),
      )
    },
  },
  {
    name: 'keeps the sums over all time, and every hour that may not be forgotten',
    async use(kit) {
      const { calls } = kit
      const [id, idle] = [await credential(kit), await credential(kit)]
      const hours = upTo(5).map((at) => HOUR + at * HOUR_MS)
      const counts = hours.map((hourMs, at) => count(id, 10 ** at, { hourMs, lastUsedAtMs: hourMs + 1 }))
      await calls.addUsage(batch('first', [...counts, count(idle, 1)]))
      const [, , third = 0, , last = 0] = hours
      await calls.addUsage(batch('second', [count(id, 100_000, { hourMs: last })], third))
      // It comes too late for its hour, not for the sum.
      await calls.addUsage(batch('third', [count(id, 1_000_000)], third))
      await calls.addUsage(batch('fourth', [], third))
      const total = sum(id, 1_111_111, { lastUsedAtMs: last + 1 })
      same(await calls.usage({ credentialIds: [id] }), [total])
      same(await calls.usage({ credentialIds: [idle] }), [sum(idle, 1)])
      same(await calls.usage({ credentialIds: [id], hoursSinceMs: third }), [
        total,
        ...hours
          .slice(2)
          .map((hourMs, at) =>
            sum(id, hourMs === last ? 110_000 : 10 ** (at + 2), { hourMs, lastUsedAtMs: hourMs + 1 }),
          ),
      ])
    },
  },
  {
    name: 'says when a thing was used last, in whatever order it is told',
    async use(kit) {
      const { calls } = kit
      const id = await credential(kit)
      const times = [HOUR + 5, HOUR + 1_000_000, HOUR + 999_999, HOUR]
      for (const [at, lastUsedAtMs] of times.entries()) {
        await calls.addUsage(batch(`batch-${at}`, [count(id, 1, { lastUsedAtMs })]))
      }
      const both = times.map((lastUsedAtMs) => count(id, 1, { lastUsedAtMs, outcome: 'forbidden' }))
      await calls.addUsage(batch('both', both))
      const lastUsedAtMs = HOUR + 1_000_000
      same(await calls.usage({ credentialIds: [id], hoursSinceMs: HOUR }), [
        sum(id, 4, { lastUsedAtMs }),
        sum(id, 4, { lastUsedAtMs, hourMs: HOUR }),
        sum(id, 4, { lastUsedAtMs, outcome: 'forbidden' }),
        sum(id, 4, { lastUsedAtMs, outcome: 'forbidden', hourMs: HOUR }),
      ])
    },
  },
  {
    name: 'answers the sums of those credentials that it is asked for, and of no others',
    async use(kit) {
      const { calls, make } = kit
      const ids = [await credential(kit), await credential(kit), await credential(kit)]
      const [first = '', second = '', third = ''] = ids
      await calls.addUsage(
        batch(
          'first',
          ids.map((id, at) => count(id, at + 1)),
        ),
      )
      same(await calls.usage({ credentialIds: [second] }), [sum(second, 2)])
      same(await calls.usage({ credentialIds: [third, first] }), [sum(first, 1), sum(third, 3)])
      const unused = make.key()
      await calls.add(unused)
      const unknown = [
        'cred_unknown',
        '',
        '%',
        '*',
        "'",
        '\0',
        '__proto__',
        first.toUpperCase(),
        first.slice(0, -1),
      ]
      for (const hoursSinceMs of [0, HOUR]) {
        same(await calls.usage({ credentialIds: [], hoursSinceMs }), [])
        same(await calls.usage({ credentialIds: [unused.id, ...unknown], hoursSinceMs }), [])
      }
      same(await calls.usage({ credentialIds: [...unknown, first] }), [sum(first, 1)])
      const thousand = upTo(1_000).map((at) => `cred_unknown_${at}`)
      same(await calls.usage({ credentialIds: [...thousand, second] }), [sum(second, 2)])
    },
  },
  {
    name: 'tells routes and outcomes apart, whatever they are called',
    async use(kit) {
      const { calls } = kit
      const id = await credential(kit)
      const separators = [
        ' ',
        ':',
        '|',
        '/',
        ',',
        '.',
        '\t',
        '\n',
        '\u0001',
        '\u001f',
        '\\',
        '"',
        "'",
        '%',
        '💡',
      ]
      const routes = [
        '',
        '*',
        '__proto__',
        'get /a',
        'GET /a',
        'GET /a/',
        'GET /e\u0301',
        'GET /\u00e9',
        'x'.repeat(1_000),
      ]
      const things = [
        ...separators.flatMap((separator) => [
          { route: `GET /a${separator}b`, outcome: 'c' },
          { route: 'GET /a', outcome: `b${separator}c` },
        ]),
        ...routes.map((route) => ({ route, outcome: 'allowed' })),
      ]
      await calls.addUsage(
        batch(
          'first',
          things.map((thing, at) => count(id, at + 1, thing)),
        ),
      )
      await calls.addUsage(
        batch(
          'second',
          things.map((thing) => count(id, 1_000, thing)),
        ),
      )
      same(
        await calls.usage({ credentialIds: [id], hoursSinceMs: HOUR }),
        things.flatMap((thing, at) => [
          sum(id, at + 1_001, thing),
          sum(id, at + 1_001, { ...thing, hourMs: HOUR }),
        ]),
      )
    },
  },
]
