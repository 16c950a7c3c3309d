import { cursorOf, inOrder, type Place, placeOf } from '../../credentials/page-cursor.js'
import type { SpendRecord, SpendRecordKind, SpendStore } from '../../ports/spend-store.js'

type RecordVerbs = Pick<
  SpendStore,
  'addSpendRecord' | 'readSpendRecord' | 'findSpendRecord' | 'listSpendRecords' | 'changeSpendRecord'
>

/** The records of one kind. */
interface Drawer {
  readonly byId: Map<string, SpendRecord>
  readonly idOfLookup: Map<string, string>
  readonly idsOfAccount: Map<string, Set<string>>
}

/** Records of who may spend what, in one process. Every verb is one turn of the event loop, so each happens whole. */
export function createSpendRecords(): RecordVerbs {
  const drawers = new Map<SpendRecordKind, Drawer>()

  function drawerOf(kind: SpendRecordKind): Drawer {
    const known = drawers.get(kind)
    if (known !== undefined) return known
    const drawer = { byId: new Map(), idOfLookup: new Map(), idsOfAccount: new Map() }
    drawers.set(kind, drawer)
    return drawer
  }

  return {
    addSpendRecord(record) {
      const drawer = drawerOf(record.kind)
      if (drawer.byId.has(record.id) || isTaken(drawer, record)) return 'duplicate'
      put(drawer, record)
      return 'added'
    },
    readSpendRecord: (kind, id) => drawerOf(kind).byId.get(id),
    findSpendRecord(kind, lookup) {
      const { byId, idOfLookup } = drawerOf(kind)
      const id = idOfLookup.get(lookup)
      return id === undefined ? undefined : byId.get(id)
    },
    listSpendRecords({ kind, accountId, parentId, after, limit }) {
      const { byId, idsOfAccount } = drawerOf(kind)
      const place = after === undefined ? undefined : requirePlace(after)
      const all = [...(idsOfAccount.get(accountId) ?? [])]
        .flatMap((id) => byId.get(id) ?? [])
        .filter((record) => parentId === undefined || record.parentId === parentId)
        .filter((record) => place === undefined || inOrder(record, place) > 0)
        .sort(inOrder)
      const records = all.slice(0, limit)
      const last = records.at(-1)
      return { records, next: all.length > limit && last !== undefined ? cursorOf(last) : null }
    },
    changeSpendRecord(record) {
      const drawer = drawerOf(record.kind)
      const stored = drawer.byId.get(record.id)
      if (stored?.version !== record.version - 1) return 'stale'
      if (isTaken(drawer, record)) return 'duplicate'
      for (const lookup of stored.lookups) drawer.idOfLookup.delete(lookup)
      drawer.idsOfAccount.get(stored.accountId)?.delete(stored.id)
      put(drawer, record)
      return 'changed'
    },
  }
}

function isTaken({ idOfLookup }: Drawer, { id, lookups }: SpendRecord): boolean {
  return lookups.some((lookup) => (idOfLookup.get(lookup) ?? id) !== id)
}

function put({ byId, idOfLookup, idsOfAccount }: Drawer, record: SpendRecord): void {
  byId.set(record.id, Object.freeze({ ...record, lookups: Object.freeze([...record.lookups]) }))
  for (const lookup of record.lookups) idOfLookup.set(lookup, record.id)
  const ids = idsOfAccount.get(record.accountId) ?? new Set()
  idsOfAccount.set(record.accountId, ids.add(record.id))
}

function requirePlace(cursor: string): Place {
  const place = placeOf(cursor)
  if (place === undefined) throw new Error('this is no cursor of the store')
  return place
}
