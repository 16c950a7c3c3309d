import assert from 'node:assert/strict'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { upTo } from './store-contract-calls.js'
import { ODD_TEXTS } from './store-contract-entries.js'

const AGENTS = { kind: 'agent', accountId: 'acme' } as const

/** Cases of listing records. */
export const spendListingCases: readonly SpendCase[] = [
  {
    name: "lists an account's records of a kind, the oldest first, and nobody else's",
    async use({ make, instances }) {
      const [calls, other] = await instances()
      assert.deepEqual(await calls.list({ ...AGENTS, limit: 1_000 }), { records: [], next: null })
      const records = [make.record(), make.record({ lookups: ['x'] }), make.record()]
      const others = ['Acme', 'acme ', 'acm', 'acme1', '%', 'acm_', '', 'acme\0'].map((accountId) =>
        make.record({ accountId }),
      )
      const namesakes = [make.record({ kind: 'policy' }), make.record({ kind: 'binding' })]
      for (const record of [...records, ...others, ...namesakes].toReversed()) await calls.add(record)
      assert.deepEqual(await other.list({ ...AGENTS, limit: 1_000 }), { records, next: null })
      for (const record of [...others, ...namesakes]) {
        const { kind, accountId } = record
        assert.deepEqual(await calls.listAll({ kind, accountId }), [record])
      }
      assert.deepEqual(await calls.listAll({ kind: 'agent', accountId: 'nobody' }), [])
    },
  },
  {
    name: "lists what belongs to a parent alone, and only the account's own of it",
    async use({ calls, make }) {
      const parents = ['one', 'One', 'one ', '%', null]
      const records = upTo(10).map((at) => make.record({ parentId: parents[at % 5] ?? null }))
      const foreign = make.record({ parentId: 'one', accountId: 'rival' })
      for (const record of [...records, foreign]) await calls.add(record)
      for (const parentId of ['one', 'One', 'one ', '%']) {
        const expected = records.filter((record) => record.parentId === parentId)
        assert.deepEqual(await calls.listAll({ ...AGENTS, parentId }), expected)
        assert.deepEqual(await calls.listAll({ ...AGENTS, parentId, limit: 1 }), expected)
      }
      for (const parentId of ['', 'null', 'two']) {
        assert.deepEqual(await calls.listAll({ ...AGENTS, parentId }), [])
      }
      assert.deepEqual(await calls.listAll(AGENTS), records)
    },
  },
  {
    name: 'lists records of one and the same moment by their ids, byte for byte',
    async use({ calls, make, clock }) {
      const createdAtMs = clock.wallMs()
      const ids = ['A', 'B', 'Z', '_', 'a', 'a-', 'a0', 'aB', 'aa', 'b']
      const records = ids.map((id) => make.record({ id, createdAtMs }))
      const older = make.record({ id: 'z', createdAtMs: createdAtMs - 1 })
      const younger = make.record({ id: '0', createdAtMs: createdAtMs + 1 })
      for (const record of [younger, ...records.toReversed(), older]) await calls.add(record)
      for (const limit of [1, 3, 1_000]) {
        assert.deepEqual(await calls.listAll({ ...AGENTS, limit }), [older, ...records, younger])
      }
    },
  },
  {
    name: 'answers full pages of records without a gap or a repeat, and names the last of each',
    async use({ calls, make, clock }) {
      const nowMs = clock.wallMs()
      const records = upTo(24).map((at) => make.record({ createdAtMs: nowMs + Math.floor(at / 5) }))
      for (const record of records) await calls.add(record)
      for (const limit of [1, 5, 23, 24, 1_000]) {
        let after: string | undefined
        for (let from = 0; from < records.length; from += limit) {
          const page = await calls.list({ ...AGENTS, limit, ...(after === undefined ? {} : { after }) })
          assert.deepEqual(page.records, records.slice(from, from + limit))
          const last = records[from + limit - 1]
          const isLast = from + limit >= records.length
          assert.equal(page.next, isLast ? null : `${last?.createdAtMs}:${last?.id}`)
          after = page.next ?? undefined
        }
      }
      // A place need not be that of a record.
      const { records: rest } = await calls.list({ ...AGENTS, limit: 1_000, after: `${nowMs + 1}:zzz` })
      assert.deepEqual(rest, records.slice(10))
    },
  },
  {
    name: 'goes on with the next page whatever is added or changed in between',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const records = upTo(9).map(() => make.record())
      for (const record of records) await calls.add(record)
      const seen: string[] = []
      const later: string[] = []
      let after: string | null | undefined
      for (let pages = 0; after !== null && pages < 20; pages++) {
        const page = await calls.list({ ...AGENTS, limit: 3, ...(after === undefined ? {} : { after }) })
        seen.push(...page.records.map(({ id }) => id))
        const last = page.records.at(-1)
        if (last !== undefined && pages < 3) {
          assert.equal(await other.change({ ...last, version: 2, document: '"changed"' }), 'changed')
          const added = make.record()
          later.push(added.id)
          await other.add(added)
        }
        after = page.next
      }
      assert.equal(after, null, 'the pages end')
      assert.deepEqual(seen, [...records.map(({ id }) => id), ...later])
    },
  },
  {
    name: 'lists records of any id, each once, in pages of any size',
    async use({ calls, make, clock }) {
      const createdAtMs = clock.wallMs()
      const ids = [...ODD_TEXTS.filter((text) => text !== ''), 'a:b', ':', '1:2:3', 'a\\0', 'a\0']
      const records = [...new Set(ids)].map((id) => make.record({ id, createdAtMs }))
      await spendAtOnce([calls], records, ({ add }, record) => add(record))
      const all = await calls.listAll(AGENTS)
      assert.deepEqual(new Set(all.map(({ id }) => id)), new Set(records.map(({ id }) => id)))
      for (const limit of [1, 4]) assert.deepEqual(await calls.listAll({ ...AGENTS, limit }), all)
    },
  },
]
