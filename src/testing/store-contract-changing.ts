import assert from 'node:assert/strict'
import type { CredentialEntry } from '../credentials/entry.js'
import { atOnce, type StoreCalls, upTo, warm } from './store-contract-calls.js'
import {
  byDigest,
  byKeyId,
  DAY_MS,
  FULL,
  foundOf,
  HOUR_MS,
  lookupOf,
  next,
  rotated,
  tombstone,
  WALLETS,
} from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

/** Cases of changing. */
export const changingCases: readonly StoreCase[] = [
  {
    name: 'puts an entry in the place of its earlier version, for every instance',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const entries = [make.key(), make.pair(), make.key(FULL), make.pair(FULL)]
      const bystander = make.key()
      for (const entry of [...entries, bystander]) await calls.add(entry)
      const { accountId: _, ...changes } = FULL
      const changed = entries.map((entry) =>
        entry.name === null
          ? next<CredentialEntry>(entry, changes)
          : next<CredentialEntry>(entry, {
              wallets: [WALLETS[2]],
              role: null,
              scopes: [],
              environment: null,
              expiresAtMs: null,
              status: 'active',
              name: null,
            }),
      )
      for (const entry of changed) assert.equal(await other.change(entry), true)
      for (const entry of changed) {
        assert.deepEqual(await calls.read(entry.id), entry)
        assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(entry))
      }
      assert.deepEqual(await calls.listAll(), [...changed, bystander])
    },
  },
  {
    name: 'changes nothing upon any other version than the one before, and nothing that does not exist',
    async use({ calls, make }) {
      const first = make.key()
      await calls.add(first)
      const second = next(first, { name: 'second' })
      await calls.change(second)
      const { cursor } = await calls.changesFrom(null)
      for (const version of [0, 1, 2, 4, 5, 1_000]) {
        const stale = { ...second, digest: make.digest(), name: 'stale', version }
        assert.equal(await calls.change(stale), false, `version ${version} upon version 2`)
        assert.equal(await calls.find(lookupOf(stale)), undefined)
      }
      const unknown = make.pair()
      for (const version of [1, 2]) assert.equal(await calls.change({ ...unknown, version }), false)
      assert.deepEqual(await calls.listAll(), [second])
      assert.deepEqual(await calls.find(lookupOf(first)), foundOf(second))
      assert.equal(await calls.find(lookupOf(unknown)), undefined)
      assert.deepEqual((await calls.changesFrom(cursor)).changes, [])
    },
  },
  {
    name: 'lets exactly one of many changes upon one version count',
    async use({ make, instances }) {
      const stores = await instances()
      for (const entry of [make.key(), make.pair()]) {
        await stores[0].add(entry)
        const rivals = upTo(20).map((at) => next<CredentialEntry>(entry, { name: `rival ${at}` }))
        const answers = await atOnce(stores, rivals, ({ change }, rival) => change(rival))
        assert.equal(answers.filter((changed) => changed).length, 1)
        assert.deepEqual(await stores[1].read(entry.id), rivals[answers.indexOf(true)])
      }
    },
  },
  {
    name: 'loses no change that it said has counted',
    async use({ make, instances }) {
      const stores = await instances()
      const entry = make.key()
      await stores[0].add(entry)
      const names = upTo(6).map((at) => `scope-${at}`)
      await atOnce(stores, names, (store, name) => addScope(store, entry.id, name))
      const kept = await stores[1].read(entry.id)
      assert.deepEqual(kept?.scopes.toSorted(), names)
      assert.equal(kept?.version, 1 + names.length)
    },
  },
  {
    name: 'never changes a revoked entry, nor brings one back that is revoked at the same time',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      await warm([calls, other])
      const entry = make.key()
      await calls.add(entry)
      const revocation = make.revocation('credential', entry.id)
      await calls.revoke(revocation)
      const revoked = tombstone(entry, revocation)
      const { status, revokedAtMs } = entry
      const revived = { ...entry, digest: make.digest(), status, revokedAtMs }
      for (const version of [1, 2, 3, 4]) {
        assert.equal(await calls.change({ ...revived, version }), false)
        assert.equal(await other.change({ ...revoked, name: 'renamed', version }), false)
      }
      assert.deepEqual(await calls.read(entry.id), revoked)
      assert.equal(await calls.find(lookupOf(revived)), undefined)

      const entries = upTo(12).map((at) => (at % 2 === 0 ? make.key() : make.pair()))
      await atOnce([calls], entries, ({ add }, one) => add(one))
      await Promise.all(
        entries.flatMap((one) => [
          other.change(next<CredentialEntry>(one, { name: 'faster' })),
          calls.revoke(make.revocation('credential', one.id)),
          calls.change(next<CredentialEntry>(one, { name: 'slower' })),
        ]),
      )
      for (const one of entries) {
        const kept = await other.read(one.id)
        assert.equal(kept?.status, 'revoked')
        assert.equal((await other.find(lookupOf(one)))?.status, 'revoked')
        // What was changed before it was revoked has counted, and what came later has not.
        assert.equal(kept?.version, kept?.name === null ? 2 : 3)
      }
    },
  },
  {
    name: 'finds a rotated key by the older digest too, as one that ends with the overlap, until it is dropped',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const untilMs = clock.wallMs() + HOUR_MS
      for (const [expiresAtMs, endsAtMs] of [
        [null, untilMs],
        [untilMs + DAY_MS, untilMs],
        [untilMs - 1, untilMs - 1],
      ] as const) {
        const first = make.key({ ...FULL, status: 'active', expiresAtMs })
        await calls.add(first)
        const second = rotated(first, make.digest(), untilMs)
        assert.equal(await calls.change(second), true)
        for (const { find } of [calls, other]) {
          assert.deepEqual(await find(byDigest(second.digest)), foundOf(second))
          const older = { ...foundOf(second), digest: first.digest, expiresAtMs: endsAtMs }
          assert.deepEqual(await find(byDigest(first.digest)), older)
        }
        const third = rotated(second, make.digest(), untilMs + 1)
        assert.equal(await other.change(third), true)
        assert.equal(await calls.find(byDigest(first.digest)), undefined)
        assert.equal((await calls.find(byDigest(second.digest)))?.id, first.id)
        assert.deepEqual(await calls.find(byDigest(third.digest)), foundOf(third))
        assert.equal(await calls.change(next(third, { older: null })), true)
        assert.equal(await other.find(byDigest(second.digest)), undefined)
        assert.deepEqual(await other.find(byDigest(third.digest)), foundOf(third))
      }
    },
  },
  {
    name: 'finds both secrets of a rotated pair, the newer first, until the older is dropped',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const untilMs = clock.wallMs() + HOUR_MS
      const first = make.pair(FULL)
      await calls.add(first)
      const [newer, newest] = [make.secret(), make.secret()]
      const second = next(first, { secret: newer, older: { secret: first.secret, untilMs } })
      const third = next(second, { secret: newest, older: { secret: newer, untilMs: untilMs + 1 } })
      const found = { ...foundOf(first), secrets: [newer, first.secret], olderUntilMs: untilMs }
      const later = { ...foundOf(first), secrets: [newest, newer], olderUntilMs: untilMs + 1 }
      const last = { ...foundOf(first), secrets: [newest], olderUntilMs: null }
      assert.equal(await calls.change(second), true)
      for (const { find } of [calls, other]) assert.deepEqual(await find(byKeyId(first.keyId)), found)
      assert.equal(await other.change(third), true)
      for (const { find } of [calls, other]) assert.deepEqual(await find(byKeyId(first.keyId)), later)
      assert.equal(await calls.change(next(third, { older: null })), true)
      for (const { find } of [calls, other]) assert.deepEqual(await find(byKeyId(first.keyId)), last)
    },
  },
  {
    name: 'never lets two entries have one digest, also where one is changed while the other is added',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      await warm([calls, other])
      const victim = make.key()
      const thief = make.key()
      for (const entry of [victim, thief]) await calls.add(entry)
      const { cursor } = await calls.changesFrom(null)
      const stolen = next(thief, { digest: victim.digest, name: 'thief' })
      const beside = next(thief, { older: { digest: victim.digest, untilMs: victim.createdAtMs } })
      for (const entry of [stolen, beside]) assert.equal(await changeOrFail(calls, entry), false)
      assert.deepEqual(await calls.listAll(), [victim, thief])
      assert.deepEqual(await calls.find(lookupOf(victim)), foundOf(victim))
      assert.deepEqual(await calls.find(lookupOf(thief)), foundOf(thief))
      assert.deepEqual((await calls.changesFrom(cursor)).changes, [])

      for (const _ of upTo(8)) {
        const entry = make.key()
        await calls.add(entry)
        const added = make.key({ digest: make.digest() })
        const changed = next(entry, { digest: added.digest })
        const [hasChanged, hasAdded] = await Promise.all([changeOrFail(calls, changed), other.add(added)])
        assert.deepEqual(hasChanged, hasAdded === 'duplicate', 'one of them has it')
        const owner = hasChanged ? changed : added
        assert.deepEqual(await other.find(byDigest(added.digest)), foundOf(owner))
        assert.deepEqual(await other.read(entry.id), hasChanged ? changed : entry)
      }
    },
  },
]

async function addScope(store: StoreCalls, id: string, scope: string): Promise<void> {
  // Of those who try at the same time one is done, so as many rounds as there are rivals are enough.
  for (const _ of upTo(20)) {
    const entry = await store.read(id)
    assert.ok(entry !== undefined)
    if (await store.change(next(entry, { scopes: [...entry.scopes, scope] }))) return
  }
  assert.fail('a change upon the version that was read has counted in one of 20 rounds')
}

// What is asked for cannot be: the store says so, or it rejects. It must not be done.
async function changeOrFail(store: StoreCalls, entry: CredentialEntry): Promise<boolean> {
  try {
    return await store.change(entry)
  } catch {
    return false
  }
}
