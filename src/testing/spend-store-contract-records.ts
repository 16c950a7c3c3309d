import assert from 'node:assert/strict'
import type { SpendRecord, SpendRecordKind } from '../ports/spend-store.js'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { upTo } from './store-contract-calls.js'
import { almost, ODD_TEXTS, shown } from './store-contract-entries.js'

/** All of them. */
export const KINDS: readonly SpendRecordKind[] = ['agent', 'mandate', 'policy', 'binding', 'approval']

/** Cases of single records. */
export const spendRecordCases: readonly SpendCase[] = [
  {
    name: 'reads and finds a record whole, by its id and by each of its lookups, on any instance',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const records = KINDS.flatMap((kind) => [
        make.record({ kind }),
        make.record({ kind, parentId: 'parent', lookups: [`b ${kind}`, `a ${kind}`, `c ${kind}`] }),
      ])
      for (const record of records) assert.equal(await calls.add(record), 'added')
      for (const record of records) {
        for (const instance of [calls, other]) {
          assert.deepEqual(await instance.read(record.kind, record.id), record)
          for (const lookup of record.lookups) {
            assert.deepEqual(await instance.find(record.kind, lookup), record)
          }
        }
      }
    },
  },
  {
    name: 'finds nothing where there is nothing, not by an id for a lookup nor in another kind',
    async use({ calls, make }) {
      assert.equal(await calls.read('agent', 'nobody'), undefined)
      assert.equal(await calls.find('agent', 'nobody'), undefined)
      const record = make.record({ id: 'the id', lookups: ['the lookup'], parentId: 'the parent' })
      await calls.add(record)
      assert.equal(await calls.find('agent', record.id), undefined)
      for (const text of ['the lookup', 'the parent', record.accountId]) {
        assert.equal(await calls.read('agent', text), undefined)
      }
      for (const kind of KINDS.slice(1)) {
        assert.equal(await calls.read(kind, 'the id'), undefined)
        assert.equal(await calls.find(kind, 'the lookup'), undefined)
      }
    },
  },
  {
    name: 'adds nothing whose id or lookup is taken within its kind, and nothing of it',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const record = make.record({ id: 'taken', lookups: ['one', 'two'] })
      assert.equal(await calls.add(record), 'added')
      const thieves = [
        record,
        make.record({ id: 'taken', accountId: 'thief', lookups: ['three'] }),
        make.record({ accountId: 'thief', lookups: ['three', 'two'] }),
        make.record({ accountId: 'thief', lookups: ['one', 'three'] }),
      ]
      for (const thief of thieves) {
        for (const instance of [calls, other]) assert.equal(await instance.add(thief), 'duplicate')
      }
      assert.deepEqual(await calls.listAll({ kind: 'agent', accountId: 'thief' }), [])
      assert.equal(await calls.find('agent', 'three'), undefined)
      for (const thief of thieves.slice(2)) assert.equal(await calls.read('agent', thief.id), undefined)
      assert.deepEqual(await other.read('agent', 'taken'), record)
      const namesakes = KINDS.slice(1).map((kind) => make.record({ ...record, kind, accountId: kind }))
      for (const namesake of namesakes) assert.equal(await calls.add(namesake), 'added')
      for (const namesake of [record, ...namesakes]) {
        assert.deepEqual(await other.find(namesake.kind, 'two'), namesake)
        assert.deepEqual(await other.read(namesake.kind, 'taken'), namesake)
      }
    },
  },
  {
    name: 'adds exactly one of many records that have an id or a lookup in common, at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const rivals: readonly (readonly SpendRecord[])[] = [
        upTo(16).map((at) => make.record({ kind: 'binding', id: 'one', lookups: [`of ${at}`] })),
        upTo(16).map((at) => make.record({ kind: 'binding', lookups: [`own ${at}`, 'shared'] })),
      ]
      for (const records of rivals) {
        const answers = await spendAtOnce(stores, records, ({ add }, record) => add(record))
        assert.equal(answers.filter((answer) => answer === 'added').length, 1)
        assert.equal(answers.filter((answer) => answer === 'duplicate').length, 15)
        const winner = records[answers.indexOf('added')]
        for (const record of records) {
          const expected = record === winner ? winner : undefined
          assert.deepEqual(await stores[1].find('binding', record.lookups[0] ?? ''), expected)
        }
      }
    },
  },
  {
    name: 'tells ids and lookups apart byte for byte, and keeps any text as it is',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const texts = [...ODD_TEXTS.filter((text) => text !== ''), 'Ab\\cD', ...almost('Ab\\cD'), '\u00e9']
      const records = texts.map((text) =>
        make.record({
          id: text,
          accountId: `of ${text}`,
          parentId: text,
          lookups: [text, `second ${text}`],
          document: `{"${text}": "${text}" }`,
        }),
      )
      await spendAtOnce([calls, other], records, async ({ add }, record) => {
        assert.equal(await add(record), 'added', `the record ${shown(record.id)}`)
      })
      for (const record of records) {
        assert.deepEqual(await other.read('agent', record.id), record)
        for (const lookup of record.lookups) assert.deepEqual(await calls.find('agent', lookup), record)
        const { accountId, parentId } = record
        const query = { kind: 'agent', accountId, ...(parentId === null ? {} : { parentId }) } as const
        assert.deepEqual(await calls.listAll(query), [record])
      }
    },
  },
  {
    name: 'puts a change in the place of the earlier version, with what it is found by',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const first = make.record({ kind: 'mandate', parentId: 'a', lookups: ['kept', 'given up'] })
      await calls.add(first)
      const second: SpendRecord = {
        ...first,
        parentId: 'b',
        lookups: ['new', 'kept'],
        version: 2,
        document: `[${'"long",'.repeat(20_000)}null]`,
      }
      assert.equal(await other.change(second), 'changed')
      assert.deepEqual(await calls.read('mandate', first.id), second)
      for (const lookup of second.lookups) assert.deepEqual(await calls.find('mandate', lookup), second)
      assert.equal(await calls.find('mandate', 'given up'), undefined)
      const mine = { kind: 'mandate', accountId: first.accountId } as const
      assert.deepEqual(await calls.listAll({ ...mine, parentId: 'a' }), [])
      assert.deepEqual(await calls.listAll({ ...mine, parentId: 'b' }), [second])
      const third = { ...second, accountId: 'another', lookups: [], parentId: null, version: 3 }
      assert.equal(await calls.change(third), 'changed')
      for (const lookup of second.lookups) assert.equal(await other.find('mandate', lookup), undefined)
      assert.deepEqual(await other.read('mandate', first.id), third)
      assert.deepEqual(await calls.listAll(mine), [])
      assert.deepEqual(await calls.listAll({ kind: 'mandate', accountId: 'another' }), [third])
    },
  },
  {
    name: 'changes nothing upon another version, nor where there is no such record of the kind',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const first = make.record({ lookups: ['mine'] })
      const absent = { ...make.record({ lookups: ['nobody'] }), version: 2 }
      await calls.add(first)
      const second = { ...first, version: 2, document: '"second"' }
      assert.equal(await calls.change({ ...second, kind: 'policy' }), 'stale')
      assert.equal(await calls.change(absent), 'stale')
      for (const version of [0, 1, 3]) assert.equal(await calls.change({ ...second, version }), 'stale')
      assert.deepEqual(await other.read('agent', first.id), first)
      assert.equal(await calls.change(second), 'changed')
      const late = { ...first, version: 2, lookups: ['late'], document: '"late"' }
      for (const instance of [calls, other]) assert.equal(await instance.change(late), 'stale')
      assert.deepEqual(await calls.read('agent', first.id), second)
      assert.deepEqual(await calls.find('agent', 'mine'), second)
      for (const lookup of ['late', 'nobody']) assert.equal(await calls.find('agent', lookup), undefined)
      assert.equal(await calls.read('agent', absent.id), undefined)
    },
  },
  {
    name: 'lets nobody change to a lookup that is taken, and anybody to one that was given up',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const owner = make.record({ lookups: ['one', 'two'] })
      const rival = make.record({ lookups: ['own'] })
      for (const record of [owner, rival]) await calls.add(record)
      const greedy = { ...rival, version: 2, lookups: ['free', 'two'] }
      assert.equal(await other.change(greedy), 'duplicate')
      assert.deepEqual(await calls.find('agent', 'own'), rival)
      assert.deepEqual(await calls.find('agent', 'two'), owner)
      assert.equal(await calls.find('agent', 'free'), undefined)
      const modest = { ...owner, version: 2, lookups: ['one'] }
      assert.equal(await calls.change(modest), 'changed')
      assert.equal(await other.change(greedy), 'changed')
      assert.deepEqual(await calls.find('agent', 'two'), greedy)
      assert.equal(await calls.change({ ...modest, version: 3, lookups: ['two', 'one'] }), 'duplicate')
      const heir = make.record({ lookups: ['own'] })
      assert.equal(await calls.add(heir), 'added')
      assert.deepEqual(await other.find('agent', 'own'), heir)
    },
  },
  {
    name: 'lets exactly one of many changes from the same version, or to the same lookup, count',
    async use({ make, instances }) {
      const stores = await instances()
      const record = make.record()
      await stores[0].add(record)
      const changes = upTo(16).map((at) => ({ ...record, version: 2, document: `${at}`, lookups: [`${at}`] }))
      const answers = await spendAtOnce(stores, changes, ({ change }, next) => change(next))
      assert.equal(answers.filter((answer) => answer === 'changed').length, 1)
      assert.equal(answers.filter((answer) => answer === 'stale').length, 15)
      const winner = changes[answers.indexOf('changed')]
      assert.deepEqual(await stores[1].read('agent', record.id), winner)
      for (const next of changes) {
        const expected = next === winner ? winner : undefined
        assert.deepEqual(await stores[1].find('agent', next.document), expected)
      }

      const rivals = upTo(16).map((at) => make.record({ lookups: [`own ${at}`] }))
      for (const rival of rivals) await stores[0].add(rival)
      const claims = rivals.map((rival) => ({ ...rival, version: 2, lookups: ['shared'] }))
      const outcomes = await spendAtOnce(stores, claims, ({ change }, next) => change(next))
      assert.equal(outcomes.filter((answer) => answer === 'changed').length, 1)
      assert.equal(outcomes.filter((answer) => answer === 'duplicate').length, 15)
      assert.deepEqual(await stores[1].find('agent', 'shared'), claims[outcomes.indexOf('changed')])
    },
  },
]
