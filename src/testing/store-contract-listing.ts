import assert from 'node:assert/strict'
import { atOnce, upTo } from './store-contract-calls.js'
import { FULL, next, ODD_TEXTS, shown, tombstone, WALLETS } from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

/** What accounts may be called: a store must tell every two of them apart. */
const ACCOUNTS: readonly string[] = [
  'acme',
  'Acme',
  'acme ',
  'acm',
  'acme1',
  'acm_',
  'acm%',
  'acm?',
  'acm*',
  '%',
  '*',
  'acme:1',
  'acme,acme1',
  "acme'",
  'acme"',
  'acme\\',
  'acme\n',
  'caf\u00e9',
  'cafe\u0301',
  '💡',
  '0',
  'null',
  '__proto__',
  'constructor',
  WALLETS[0],
  'a'.repeat(500),
]

/** Cases of listing. */
export const listingCases: readonly StoreCase[] = [
  {
    name: 'lists whole entries, the oldest first, also after they were changed',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      assert.deepEqual(await calls.list({ limit: 1_000 }), { entries: [], next: null })
      const entries = [make.key(), make.pair(FULL), make.key(FULL), make.pair(), make.key()]
      for (const entry of entries) await calls.add(entry)
      assert.deepEqual(await calls.list({ limit: 1_000 }), { entries, next: null })
      const changed = entries.map((entry, at) => (at % 2 === 0 ? next(entry, { name: 'changed' }) : entry))
      for (const entry of changed.toReversed()) if (entry.version > 1) await calls.change(entry)
      assert.deepEqual(await other.list({ limit: 1_000 }), { entries: changed, next: null })
    },
  },
  {
    name: "lists an account's entries and nobody else's",
    async use({ calls, make }) {
      const entries = ACCOUNTS.map((accountId) => make.key({ accountId }))
      await atOnce([calls], entries, ({ add }, entry) => add(entry))
      for (const entry of entries) {
        assert.deepEqual(await calls.listAll({ accountId: entry.accountId }), [entry])
      }
      for (const accountId of ODD_TEXTS.filter((text) => !ACCOUNTS.includes(text))) {
        assert.deepEqual(await calls.listAll({ accountId }), [], `an account ${shown(accountId)}`)
      }
    },
  },
  {
    name: 'lists revoked entries only where they are asked for',
    async use({ calls, make }) {
      const [revoked, active, disabled] = [make.key(), make.pair(), make.key({ status: 'disabled' })]
      for (const entry of [revoked, active, disabled]) await calls.add(entry)
      const revocation = make.revocation('credential', revoked.id)
      await calls.revoke(revocation)
      const all = [tombstone(revoked, revocation), active, disabled]
      for (const whose of [{}, { accountId: active.accountId }]) {
        assert.deepEqual(await calls.listAll(whose), [active, disabled])
        assert.deepEqual(await calls.listAll({ ...whose, revoked: false }), [active, disabled])
        assert.deepEqual(await calls.listAll({ ...whose, revoked: true }), all)
      }
    },
  },
  {
    name: 'answers full pages without a gap or a repeat, and says which is the last',
    async use({ calls, make }) {
      const entries = upTo(24).map((at) => make.key({ accountId: at % 2 === 0 ? 'even' : 'odd' }))
      for (const entry of entries) await calls.add(entry)
      for (const accountId of [undefined, 'odd']) {
        const whose = accountId === undefined ? {} : { accountId }
        const expected = entries.filter((entry) => accountId === undefined || entry.accountId === accountId)
        for (const limit of [1, 5, expected.length - 1, expected.length, 1_000]) {
          const pages = Math.ceil(expected.length / limit)
          const sizes: number[] = []
          const seen = []
          let page = await calls.list({ ...whose, limit })
          for (; page.next !== null; page = await calls.list({ ...whose, limit, after: page.next })) {
            sizes.push(page.entries.length)
            seen.push(...page.entries)
            assert.ok(sizes.length < pages, `pages of ${limit} go on behind the last`)
          }
          assert.deepEqual([...seen, ...page.entries], expected)
          assert.deepEqual(sizes, Array(pages - 1).fill(limit))
        }
      }
    },
  },
  {
    name: 'goes on with the next page whatever is added, changed or revoked in between',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const entries = upTo(12).map(() => make.key())
      for (const entry of entries) await calls.add(entry)
      const seen: string[] = []
      const later: string[] = []
      let after: string | null | undefined
      for (let pages = 0; after !== null && pages < 20; pages++) {
        const page = await calls.list({ limit: 3, ...(after === undefined ? {} : { after }) })
        seen.push(...page.entries.map(({ id }) => id))
        const last = page.entries.at(-1)
        // The very entry that the next page begins behind.
        if (last !== undefined && pages < 4) {
          const changed = next(last, { name: 'changed' })
          await other.change(changed)
          if (pages % 2 === 0) await other.revoke(make.revocation('credential', last.id))
          const added = make.pair()
          later.push(added.id)
          await other.add(added)
        }
        after = page.next
      }
      assert.equal(after, null, 'the pages end')
      assert.deepEqual(seen, [...entries.map(({ id }) => id), ...later])
    },
  },
  {
    name: 'lists entries of one and the same moment, each once',
    async use({ make, clock, instances }) {
      const stores = await instances()
      const createdAtMs = clock.wallMs()
      const entries = upTo(30).map((at) =>
        at % 2 === 0 ? make.key({ createdAtMs }) : make.pair({ createdAtMs }),
      )
      await atOnce(stores, entries, ({ add }, entry) => add(entry))
      const ids = (await stores[0].listAll()).map(({ id }) => id)
      assert.deepEqual(ids.toSorted(), entries.map(({ id }) => id).toSorted())
      for (const limit of [1, 4, 7]) {
        assert.deepEqual(
          (await stores[1].listAll({ limit })).map(({ id }) => id),
          ids,
        )
      }
    },
  },
]
