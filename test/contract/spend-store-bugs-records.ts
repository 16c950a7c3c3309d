import type { SpendRecord, SpendRecordPage } from '../../src/ports/spend-store.js'
import type { SpendStoreBug } from './spend-store-bug.js'

/** Bugs of records. */
export const recordBugs: readonly SpendStoreBug[] = [
  {
    bug: 'a record is found by the first of its lookups alone',
    breaks: 'reads and finds a record whole',
    plant: ({ findSpendRecord }) => ({
      findSpendRecord(kind, lookup, options) {
        const record = findSpendRecord(kind, lookup, options)
        return record?.lookups[0] === lookup ? record : undefined
      },
    }),
  },
  {
    bug: 'an id is a lookup',
    breaks: 'finds nothing where there is nothing',
    plant: ({ findSpendRecord, readSpendRecord }) => ({
      findSpendRecord: (kind, lookup, options) =>
        findSpendRecord(kind, lookup, options) ?? readSpendRecord(kind, lookup, options),
    }),
  },
  {
    bug: 'a record whose id is taken is put in the place of the other',
    breaks: 'adds nothing whose id or lookup is taken',
    plant: ({ addSpendRecord, readSpendRecord, changeSpendRecord }) => ({
      addSpendRecord(record, options) {
        const known = readSpendRecord(record.kind, record.id, options)
        if (known === undefined) return addSpendRecord(record, options)
        return changeSpendRecord({ ...record, version: known.version + 1 }, options) === 'changed'
          ? 'added'
          : 'duplicate'
      },
    }),
  },
  {
    bug: 'ids are unique over all kinds',
    breaks: 'adds nothing whose id or lookup is taken',
    plant({ addSpendRecord }) {
      const ids = new Set<string>()
      return {
        addSpendRecord(record, options) {
          if (ids.has(record.id)) return 'duplicate'
          ids.add(record.id)
          return addSpendRecord(record, options)
        },
      }
    },
  },
  {
    bug: 'it is looked whether a record is there, and then added',
    breaks: 'adds exactly one of many records',
    plant: ({ addSpendRecord, readSpendRecord, findSpendRecord }) => ({
      async addSpendRecord(record, options) {
        const { kind, id, lookups } = record
        const isTaken =
          readSpendRecord(kind, id, options) !== undefined ||
          lookups.some((lookup) => findSpendRecord(kind, lookup, options) !== undefined)
        await Promise.resolve()
        if (isTaken) return 'duplicate'
        addSpendRecord(record, options)
        return 'added'
      },
    }),
  },
  {
    bug: 'a lookup ends at NUL',
    breaks: 'tells ids and lookups apart',
    plant: ({ findSpendRecord }) => ({
      findSpendRecord: (kind, lookup, options) => findSpendRecord(kind, lookup.split('\0')[0] ?? '', options),
    }),
  },
  {
    bug: 'half a surrogate pair comes back as another character',
    breaks: 'tells ids and lookups apart',
    plant: ({ readSpendRecord }) => ({
      readSpendRecord(kind, id, options) {
        const record = readSpendRecord(kind, id, options)
        return record && { ...record, document: Buffer.from(record.document).toString() }
      },
    }),
  },
  {
    bug: 'a changed record is found by what it was found by before',
    breaks: 'puts a change in the place',
    plant({ changeSpendRecord, readSpendRecord, findSpendRecord }) {
      const former = new Map<string, string>()
      return {
        changeSpendRecord(record, options) {
          for (const lookup of readSpendRecord(record.kind, record.id, options)?.lookups ?? []) {
            former.set(lookup, record.id)
          }
          return changeSpendRecord(record, options)
        },
        findSpendRecord: (kind, lookup, options) =>
          findSpendRecord(kind, lookup, options) ?? readSpendRecord(kind, former.get(lookup) ?? '', options),
      }
    },
  },
  {
    bug: 'the last change wins',
    breaks: 'changes nothing upon another version',
    plant: ({ changeSpendRecord, readSpendRecord }) => ({
      changeSpendRecord(record, options) {
        const known = readSpendRecord(record.kind, record.id, options)
        return changeSpendRecord({ ...record, version: (known?.version ?? 0) + 1 }, options)
      },
    }),
  },
  {
    bug: 'a lookup that was given up stays taken',
    breaks: 'lets nobody change to a lookup that is taken',
    plant({ addSpendRecord, changeSpendRecord }) {
      const owners = new Map<string, string>()
      const isTaken = ({ id, lookups }: SpendRecord) =>
        lookups.some((lookup) => (owners.get(lookup) ?? id) !== id)
      const note = ({ id, lookups }: SpendRecord) => {
        for (const lookup of lookups) owners.set(lookup, id)
      }
      return {
        addSpendRecord(record, options) {
          if (isTaken(record)) return 'duplicate'
          note(record)
          return addSpendRecord(record, options)
        },
        changeSpendRecord(record, options) {
          if (isTaken(record)) return 'duplicate'
          note(record)
          return changeSpendRecord(record, options)
        },
      }
    },
  },
  {
    bug: 'the version is read, and then another is written',
    breaks: 'lets exactly one of many changes',
    plant: ({ changeSpendRecord, readSpendRecord }) => ({
      async changeSpendRecord(record, options) {
        const known = readSpendRecord(record.kind, record.id, options)
        await Promise.resolve()
        if (known?.version !== record.version - 1) return 'stale'
        const stored = readSpendRecord(record.kind, record.id, options)
        return changeSpendRecord({ ...record, version: (stored?.version ?? 0) + 1 }, options)
      },
    }),
  },
  {
    bug: 'accounts are told apart whatever their case',
    breaks: "lists an account's records of a kind",
    plant: ({ listSpendRecords }) => ({
      listSpendRecords: (query, options) =>
        listSpendRecords({ ...query, accountId: query.accountId.toLowerCase() }, options),
    }),
  },
  {
    bug: 'parents are compared whatever their case',
    breaks: 'lists what belongs to a parent alone',
    plant: ({ listSpendRecords }) => ({
      listSpendRecords({ parentId, ...query }, options) {
        const page = listSpendRecords(query, options)
        if (parentId === undefined) return page
        const isOwn = (record: SpendRecord) => record.parentId?.toLowerCase() === parentId.toLowerCase()
        return { ...page, records: page.records.filter(isOwn) }
      },
    }),
  },
  {
    bug: 'ids are in the order of a language',
    breaks: 'lists records of one and the same moment',
    plant: ({ listSpendRecords }) => ({
      listSpendRecords: (query, options) =>
        inOrder(
          listSpendRecords(query, options),
          (a, b) => a.createdAtMs - b.createdAtMs || a.id.localeCompare(b.id, 'en'),
        ),
    }),
  },
  {
    bug: 'a full page is never the last',
    breaks: 'answers full pages of records',
    plant: ({ listSpendRecords }) => ({
      listSpendRecords(query, options) {
        const { records } = listSpendRecords(query, options)
        const last = records.at(-1)
        const isFull = records.length === query.limit && last !== undefined
        return { records, next: isFull ? `${last.createdAtMs}:${last.id}` : null }
      },
    }),
  },
  {
    bug: 'what was changed is listed last',
    breaks: 'goes on with the next page',
    plant: ({ listSpendRecords }) => ({
      listSpendRecords(query, options) {
        const all = listSpendRecords({ kind: query.kind, accountId: query.accountId, limit: 1_000 }, options)
        const { records } = inOrder(all, (a, b) => a.version - b.version || a.createdAtMs - b.createdAtMs)
        const from = 1 + records.findIndex(({ createdAtMs, id }) => `${createdAtMs}:${id}` === query.after)
        const page = records.slice(from, from + query.limit)
        const last = page.at(-1)
        const hasMore = from + query.limit < records.length && last !== undefined
        return { records: page, next: hasMore ? `${last.createdAtMs}:${last.id}` : null }
      },
    }),
  },
  {
    bug: 'a cursor ends at its second colon',
    breaks: 'lists records of any id',
    plant: ({ listSpendRecords }) => ({
      listSpendRecords({ after, ...query }, options) {
        const [createdAtMs, id] = after?.split(':') ?? []
        const cursor = after === undefined ? {} : { after: `${createdAtMs}:${id === '' ? ' ' : id}` }
        return listSpendRecords({ ...query, ...cursor }, options)
      },
    }),
  },
]

function inOrder(page: SpendRecordPage, order: (a: SpendRecord, b: SpendRecord) => number): SpendRecordPage {
  return { ...page, records: page.records.toSorted(order) }
}
