import assert from 'node:assert/strict'
import type { CredentialEntry } from '../credentials/entry.js'
import type { Added } from '../ports/store.js'
import { atOnce, upTo } from './store-contract-calls.js'
import { byDigest, foundOf, lookupOf, next, rotated, tombstone } from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

/** Cases of adding. */
export const addingCases: readonly StoreCase[] = [
  {
    name: 'adds nothing whose id, digest or key id is taken, be it by a disabled or a revoked entry',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const [key, pair] = [make.key(), make.pair()]
      const disabled = make.key({ status: 'disabled' })
      const revoked = make.pair()
      for (const entry of [key, pair, disabled, revoked]) assert.equal(await calls.add(entry), 'added')
      const revocation = make.revocation('credential', revoked.id)
      await calls.revoke(revocation)
      const kept = [key, pair, disabled, tombstone(revoked, revocation)]
      const thieves: readonly CredentialEntry[] = [
        key,
        make.key({ id: key.id, accountId: 'thief' }),
        make.pair({ id: key.id, accountId: 'thief' }),
        make.key({ digest: key.digest, accountId: 'thief' }),
        make.pair({ keyId: pair.keyId, accountId: 'thief' }),
        make.key({ digest: disabled.digest, accountId: 'thief' }),
        make.pair({ keyId: revoked.keyId, accountId: 'thief' }),
        make.key({ id: revoked.id, accountId: 'thief' }),
      ]
      for (const thief of thieves) {
        assert.equal(await calls.add(thief), 'duplicate')
        assert.equal(await other.add(thief, 100), 'duplicate')
      }
      assert.deepEqual(await calls.listAll({ revoked: true }), kept)
      for (const entry of kept) assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(entry))
      assert.deepEqual(await calls.listAll({ accountId: 'thief', revoked: true }), [])
    },
  },
  {
    name: 'adds nothing by the digest of a key that was replaced, nor beside one',
    async use({ calls, make, clock }) {
      const key = make.key()
      await calls.add(key)
      const changed = rotated(key, make.digest(), clock.wallMs())
      assert.equal(await calls.change(changed), true)
      const untilMs = clock.wallMs()
      assert.equal(await calls.add(make.key({ digest: key.digest })), 'duplicate')
      assert.equal(await calls.add(make.key({ digest: changed.digest })), 'duplicate')
      assert.equal(await calls.add(make.key({ older: { digest: key.digest, untilMs } })), 'duplicate')
      assert.equal(await calls.add(make.key({ older: { digest: changed.digest, untilMs } })), 'duplicate')
      assert.equal((await calls.find(byDigest(key.digest)))?.id, key.id)
      await calls.revoke(make.revocation('credential', key.id))
      assert.equal(await calls.add(make.key({ digest: key.digest })), 'duplicate')
      assert.equal((await calls.listAll({ revoked: true })).length, 1)
    },
  },
  {
    name: 'adds exactly one of many that are the same at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const digest = make.digest()
      const { keyId } = make.pair()
      const { id } = make.key()
      const rivals: readonly (readonly CredentialEntry[])[] = [
        upTo(16).map(() => make.key({ digest })),
        upTo(16).map(() => make.pair({ keyId })),
        upTo(16).map((at) => (at % 2 === 0 ? make.key({ id }) : make.pair({ id }))),
      ]
      for (const entries of rivals) {
        const answers = await atOnce(stores, entries, ({ add }, entry) => add(entry))
        assert.deepEqual(tally(answers), { added: 1, duplicate: 15 })
        const winner = entries[answers.indexOf('added')]
        const kept = await stores[1].listAll()
        assert.deepEqual(
          kept.filter((entry) => entries.some((rival) => rival.id === entry.id)),
          [winner],
        )
      }
    },
  },
  {
    name: 'adds no more than an account may have, of those that are not revoked',
    async use({ calls, make }) {
      const mine = { accountId: 'mine' }
      const first = make.key(mine)
      assert.equal(await calls.add(first, 0), 'full')
      assert.equal(await calls.read(first.id), undefined)
      assert.equal(await calls.add(first, 2), 'added')
      assert.equal(await calls.add(make.key({ accountId: 'mine too' }), 1), 'added')
      const second = make.pair({ ...mine, status: 'disabled' })
      assert.equal(await calls.add(second, 2), 'added')
      const third = make.pair(mine)
      assert.equal(await calls.add(third, 2), 'full')
      assert.equal(await calls.find(lookupOf(third)), undefined)
      assert.equal(await calls.change(next(first, { status: 'disabled' })), true)
      assert.equal(await calls.add(third, 2), 'full')
      await calls.revoke(make.revocation('credential', second.id))
      assert.equal(await calls.add(third, 2), 'added')
      assert.equal(await calls.add(make.key(mine), 2), 'full')
      assert.equal(await calls.add(make.key(mine), null), 'added')
      await calls.revoke(make.revocation('account', 'mine'))
      assert.equal(await calls.add(make.key(mine), 1), 'added')
      assert.equal(await calls.add(make.key(mine), 1), 'full')
    },
  },
  {
    name: 'counts exactly where many are added at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const entries = upTo(60).map((at) => make.key({ accountId: at % 2 === 0 ? 'a' : 'b' }))
      const answers = await atOnce([...stores, ...stores.toReversed()], entries, ({ add }, entry) =>
        add(entry, 10),
      )
      for (const accountId of ['a', 'b']) {
        const own = answers.filter((_, at) => entries[at]?.accountId === accountId)
        assert.deepEqual(tally(own), { added: 10, full: 20 })
        const kept = await stores[0].listAll({ accountId })
        assert.deepEqual(
          new Set(kept.map(({ id }) => id)),
          new Set(
            entries
              .filter((entry, at) => entry.accountId === accountId && answers[at] === 'added')
              .map(({ id }) => id),
          ),
        )
      }
    },
  },
]

function tally(answers: readonly Added[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}
