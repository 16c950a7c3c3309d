import assert from 'node:assert/strict'
import type { CredentialEntry } from '../credentials/entry.js'
import { atOnce, type StoreCalls, upTo } from './store-contract-calls.js'
import {
  almost,
  byDigest,
  FULL,
  foundOf,
  HOUR_MS,
  lookupOf,
  next,
  ODD_TEXTS,
  rotated,
  shown,
  tombstone,
  WALLETS,
} from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

const [WALLET, OTHER_WALLET, THIRD_WALLET] = WALLETS

/** Cases of revoking. */
export const revokingCases: readonly StoreCase[] = [
  {
    name: 'revokes one credential for every instance, whatever it is found by, and touches no other',
    async use({ make, instances, clock }) {
      const [calls, other] = await instances()
      const key = make.key(FULL)
      const pair = make.pair({ ...FULL, older: { secret: make.secret(), untilMs: clock.wallMs() + HOUR_MS } })
      const bystanders = [make.key(FULL), make.pair(FULL)]
      for (const entry of [key, pair, ...bystanders]) await calls.add(entry)
      const changed = rotated(key, make.digest(), clock.wallMs() + HOUR_MS)
      await calls.change(changed)
      const expected: CredentialEntry[] = []
      for (const entry of [changed, pair]) {
        clock.advance(1_000)
        const revocation = make.revocation('credential', entry.id)
        assert.equal(await calls.revoke(revocation), true)
        expected.push(tombstone<CredentialEntry>(entry, revocation))
      }
      for (const { read, find, listAll } of [calls, other]) {
        for (const entry of expected) {
          assert.deepEqual(await read(entry.id), entry)
          assert.deepEqual(await find(lookupOf(entry)), foundOf(entry))
        }
        assert.equal((await find(byDigest(key.digest)))?.status, 'revoked')
        for (const entry of bystanders) assert.deepEqual(await find(lookupOf(entry)), foundOf(entry))
        assert.deepEqual(await listAll({ revoked: true }), [...expected, ...bystanders])
      }
    },
  },
  {
    name: 'answers false, tells nobody and revokes nothing where there is no such credential',
    async use({ calls, make }) {
      const [key, pair] = [make.key({ wallets: [WALLET] }), make.pair()]
      for (const entry of [key, pair]) await calls.add(entry)
      const { cursor } = await calls.changesFrom(null)
      const unknown = [...ODD_TEXTS, ...almost(key.id), key.digest, pair.keyId, key.accountId, WALLET]
      for (const id of unknown) {
        const answer = await calls.revoke(make.revocation('credential', id))
        assert.equal(answer, false, `the credential ${shown(id)}`)
      }
      assert.deepEqual(await calls.listAll({ revoked: true }), [key, pair])
      assert.deepEqual((await calls.changesFrom(cursor)).changes, [])
    },
  },
  {
    name: 'leaves a revoked entry as it is, however often and however widely it is revoked again',
    async use({ calls, make, clock }) {
      const entry = make.key({ wallets: [WALLET] })
      await calls.add(entry)
      const revocation = make.revocation('credential', entry.id)
      assert.equal(await calls.revoke(revocation), true)
      const revoked = tombstone(entry, revocation)
      for (const [kind, id] of [
        ['credential', entry.id],
        ['account', entry.accountId],
        ['wallet', WALLET],
        ['all', ''],
        ['credential', entry.id],
      ] as const) {
        clock.advance(1_000)
        assert.equal(await calls.revoke(make.revocation(kind, id)), true)
        assert.deepEqual(await calls.read(entry.id), revoked, `revoked again by ${kind}`)
      }
    },
  },
  {
    name: 'revokes every credential of an account, and of no other account',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      // More than any statement takes at once by chance.
      const own = upTo(150).map((at) =>
        at % 3 === 0 ? make.pair({ status: 'disabled' }) : make.key({ wallets: [WALLET] }),
      )
      const account = own[0]?.accountId ?? ''
      const others = [
        ...almost(account).filter((name) => !name.includes('\0')),
        WALLET,
        '%',
        '_',
        '*',
        'null',
      ].map((accountId) => make.key({ accountId, wallets: [WALLET] }))
      await atOnce([calls], [...own, ...others], ({ add }, entry) => add(entry))
      const revocation = make.revocation('account', account)
      assert.equal(await other.revoke(revocation), true)
      const kept = [...own.map((entry) => tombstone<CredentialEntry>(entry, revocation)), ...others]
      assert.deepEqual(await calls.listAll({ revoked: true }), kept)
      assert.deepEqual(await calls.listAll(), others)
      for (const entry of kept.slice(-8)) assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(entry))

      const taken = new Set(others.map(({ accountId }) => accountId))
      for (const id of ODD_TEXTS.filter((text) => !taken.has(text))) {
        assert.equal(await calls.revoke(make.revocation('account', id)), true, 'also where it has none')
      }
      assert.deepEqual(await calls.listAll({ revoked: true }), kept)
      for (const entry of others.slice(-4)) {
        await calls.revoke(make.revocation('account', entry.accountId))
        assert.equal((await calls.read(entry.id))?.status, 'revoked')
      }
      assert.deepEqual(await calls.listAll(), others.slice(0, -4))
    },
  },
  {
    name: 'revokes every credential that is bound to a wallet, among others or alone, and none that is not',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const bound = [
        make.key({ wallets: [WALLET] }),
        make.pair({ wallets: [OTHER_WALLET, WALLET, THIRD_WALLET], accountId: 'b' }),
        make.key({ wallets: [OTHER_WALLET, WALLET], status: 'disabled' }),
      ]
      const bindings = [[], [OTHER_WALLET], [WALLET.slice(0, -1)], [`${WALLET}1`], [WALLET.toLowerCase()]]
      const free: CredentialEntry[] = bindings.map((wallets) => make.key({ wallets }))
      free.push(make.pair({ accountId: WALLET }), make.key({ scopes: [WALLET], name: WALLET }))
      const unbound = make.key({ wallets: [WALLET, OTHER_WALLET] })
      const boundLater = make.key()
      for (const entry of [...bound, ...free, unbound, boundLater]) await calls.add(entry)
      const [released, taken] = [
        next(unbound, { wallets: [OTHER_WALLET] }),
        next(boundLater, { wallets: [WALLET] }),
      ]
      for (const entry of [released, taken]) await calls.change(entry)
      for (const id of [
        ...ODD_TEXTS,
        WALLET.slice(0, -2),
        `${WALLET.slice(0, -1)}_`,
        `${WALLET} `,
        'robots-inc',
      ]) {
        assert.equal(await calls.revoke(make.revocation('wallet', id)), true)
      }
      const revocation = make.revocation('wallet', WALLET)
      assert.equal(await other.revoke(revocation), true)
      const revoked = [...bound, taken].map((entry) => tombstone<CredentialEntry>(entry, revocation))
      for (const entry of revoked) {
        assert.deepEqual(await calls.read(entry.id), entry)
        assert.deepEqual(await calls.find(lookupOf(entry)), foundOf(entry))
      }
      assert.deepEqual(await calls.listAll(), [...free, released])
    },
  },
  {
    name: 'revokes all there are',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const entries = upTo(40).map((at) =>
        at % 2 === 0 ? make.key({ accountId: `account-${at % 5}` }) : make.pair({ wallets: [WALLET] }),
      )
      await atOnce([calls], entries, ({ add }, entry) => add(entry))
      const revocation = make.revocation('all', '')
      assert.equal(await other.revoke(revocation), true)
      assert.deepEqual(await calls.listAll(), [])
      const revoked = entries.map((entry) => tombstone<CredentialEntry>(entry, revocation))
      assert.deepEqual(await calls.listAll({ revoked: true }), revoked)
      const later = make.key()
      assert.equal(await calls.add(later), 'added')
      assert.deepEqual(await calls.listAll(), [later])
    },
  },
  {
    name: 'ends a session without touching a credential, whatever the session is called',
    async use({ calls, make }) {
      const entry = make.key({ wallets: [WALLET] })
      await calls.add(entry)
      for (const id of ['a-session', entry.id, entry.accountId, entry.digest, WALLET]) {
        assert.equal(await calls.revoke(make.revocation('session', id)), true)
      }
      assert.deepEqual(await calls.listAll({ revoked: true }), [entry])
    },
  },
  {
    name: 'revokes from all sides at the same time, each entry once',
    async use({ make, instances }) {
      const stores = await instances()
      const wallets = [WALLET, OTHER_WALLET]
      const entries = upTo(30).map((at) => make.key({ accountId: `account-${at % 3}`, wallets }))
      await atOnce(stores, entries, ({ add }, entry) => add(entry))
      const revocations = [
        ...upTo(3).map((at) => make.revocation('account', `account-${at}`)),
        ...wallets.map((wallet) => make.revocation('wallet', wallet)),
        make.revocation('all', ''),
        ...entries.toReversed().map(({ id }) => make.revocation('credential', id)),
      ]
      const twice = [...revocations, ...revocations.toReversed()]
      const calls = atOnce(stores, twice, ({ revoke }, revocation) => revoke(revocation))
      const changes = atOnce(stores, entries, (store, entry) => renameOrNot(store, entry))
      assert.deepEqual(await calls, Array(twice.length).fill(true))
      await changes
      const kept = await stores[1].listAll({ revoked: true })
      assert.deepEqual(
        kept.map(({ id, status, version, name }) => ({
          id,
          status,
          changes: version - (name === null ? 1 : 2),
        })),
        entries.map(({ id }) => ({ id, status: 'revoked', changes: 1 })),
      )
    },
  },
]

function renameOrNot(store: StoreCalls, entry: CredentialEntry): Promise<boolean> {
  return store.change(next(entry, { name: 'renamed' }))
}
