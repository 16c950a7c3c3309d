import assert from 'node:assert/strict'
import type { CredentialEntry } from '../credentials/entry.js'
import type { Store } from '../ports/store.js'
import {
  almost,
  byDigest,
  byKeyId,
  FULL,
  foundOf,
  lookupOf,
  next,
  ODD_TEXTS,
  shown,
  tombstone,
  WALLETS,
} from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

const OPTIONS = { signal: new AbortController().signal }

/** Cases of finding. */
export const findingCases: readonly StoreCase[] = [
  {
    name: 'finds an API key by its digest and a shared secret by its key id, with all that was granted',
    async use({ make, instances }) {
      const [first, second] = await instances()
      const entries = [make.key(), make.key(FULL), make.pair(), make.pair(FULL)]
      for (const entry of entries) assert.equal(await first.add(entry), 'added')
      for (const entry of entries) {
        assert.deepEqual(await first.find(lookupOf(entry)), foundOf(entry))
        assert.deepEqual(await second.find(lookupOf(entry)), foundOf(entry))
      }
    },
  },
  {
    name: 'reads an entry as it was added, down to the last member',
    async use({ make, instances }) {
      const [first, second] = await instances()
      const untilMs = 1_700_000_000_000
      const entries = [
        make.key(),
        make.key({ ...FULL, prefix: null, lastFour: null }),
        make.key({ ...FULL, older: { digest: make.digest(), untilMs } }),
        make.pair(),
        make.pair({ ...FULL, older: { secret: make.secret(), untilMs } }),
      ]
      for (const entry of entries) assert.equal(await first.add(entry), 'added')
      for (const entry of entries) {
        assert.deepEqual(await first.read(entry.id), entry)
        assert.deepEqual(await second.read(entry.id), entry)
      }
    },
  },
  {
    name: 'knows nothing by what is not, byte for byte, a digest, a key id or an id',
    async use({ calls, make }) {
      const [key, pair] = [make.key(), make.pair()]
      await calls.add(key)
      await calls.add(pair)
      for (const text of [
        ...ODD_TEXTS,
        ...almost(key.digest),
        key.id,
        pair.id,
        pair.keyId,
        `digest:${key.digest}`,
      ]) {
        assert.equal(await calls.find(byDigest(text)), undefined, `found by the digest ${shown(text)}`)
      }
      for (const text of [...ODD_TEXTS, ...almost(pair.keyId), key.id, pair.id, key.digest, pair.secret]) {
        assert.equal(await calls.find(byKeyId(text)), undefined, `found by the key id ${shown(text)}`)
      }
      for (const text of [...ODD_TEXTS, ...almost(key.id), key.digest, pair.keyId]) {
        assert.equal(await calls.read(text), undefined, `read by the id ${shown(text)}`)
      }
    },
  },
  {
    name: 'tells API keys and shared secrets apart, even where they are called the same',
    async use({ calls, make }) {
      const key = make.key()
      const pair = make.pair({ keyId: key.digest })
      assert.equal(await calls.find(byDigest(key.digest)), undefined)
      assert.equal(await calls.add(pair), 'added')
      assert.equal(await calls.find(byDigest(key.digest)), undefined)
      assert.equal(await calls.add(key), 'added')
      assert.deepEqual(await calls.find(byDigest(key.digest)), foundOf(key))
      assert.deepEqual(await calls.find(byKeyId(key.digest)), foundOf(pair))
    },
  },
  {
    name: 'answers what an entry says by now, and lets an earlier answer say what it said',
    async use({ calls, make }) {
      for (const entry of [make.key(), make.pair()]) {
        await calls.add(entry)
        const [found, read] = [await calls.find(lookupOf(entry)), await calls.read(entry.id)]
        const changed: CredentialEntry = next<CredentialEntry>(entry, { status: 'disabled', scopes: ['new'] })
        assert.equal(await calls.change(changed), true)
        const [foundLater, readLater] = [await calls.find(lookupOf(entry)), await calls.read(entry.id)]
        assert.deepEqual([foundLater, readLater], [foundOf(changed), changed])
        const revocation = make.revocation('credential', entry.id)
        assert.equal(await calls.revoke(revocation), true)
        assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(tombstone(changed, revocation)))
        assert.deepEqual([found, read], [foundOf(entry), entry])
        assert.deepEqual([foundLater, readLater], [foundOf(changed), changed])
      }
    },
  },
  {
    name: 'keeps what it was given, whatever becomes of its answers and of the arguments',
    async use({ store, calls, make }) {
      const older = { digest: make.digest(), untilMs: 1 }
      const mine = make.key({ scopes: ['a'], wallets: [WALLETS[0]], older })
      const pair = make.pair({ scopes: ['a'], older: { secret: make.secret(), untilMs: 1 } })
      const kept = structuredClone([mine, pair])
      for (const entry of [mine, pair]) {
        await calls.add(entry)
        spoil(entry)
      }
      assert.deepEqual(await calls.listAll(), kept)
      for (const entry of kept) {
        for (const answer of await answersAbout(store, entry)) spoil(answer)
        assert.deepEqual(await calls.read(entry.id), entry)
        assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(entry))
        const changed = next<CredentialEntry>(entry, { name: 'changed' })
        const argument = structuredClone(changed)
        await calls.change(argument)
        spoil(argument)
        assert.deepEqual(await calls.read(entry.id), changed)
        assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(changed))
      }
    },
  },
  {
    name: 'goes on where another instance over the same data is closed',
    async use({ calls, make, clock, withAnother }) {
      const [key, pair] = [make.key(), make.pair()]
      await calls.add(key)
      await withAnother(async (other) => {
        assert.deepEqual(await other.find(lookupOf(key)), foundOf(key))
        assert.equal(await other.add(pair), 'added')
      })
      await withAnother(async () => undefined)
      assert.deepEqual(await calls.listAll(), [key, pair])
      assert.equal(await calls.claim('a', clock.wallMs() + 1_000), true)
      assert.equal(await calls.change(next(key)), true)
      assert.equal((await calls.changesFrom(null)).changes.at(-1)?.id, key.id)
      await withAnother(async (other) => {
        assert.equal(await other.claim('a', clock.wallMs() + 1_000), false)
        assert.deepEqual(await other.find(lookupOf(pair)), foundOf(pair))
      })
    },
  },
]

async function answersAbout(store: Store, entry: CredentialEntry): Promise<readonly unknown[]> {
  return [
    await store.readCredential(entry.id, OPTIONS),
    await store.findCredential(lookupOf(entry), OPTIONS),
    await store.listCredentials({ limit: 10 }, OPTIONS),
    await store.changesSince(null, OPTIONS),
  ]
}

/** Does to an answer what it lets be done to it, all the way down. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const member of Object.values(value)) spoil(member)
  for (const name of Object.keys(value)) Reflect.set(value, name, 'spoilt')
  if (Array.isArray(value)) Reflect.set(value, value.length, 'spoilt')
}
