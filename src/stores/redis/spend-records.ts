import { randomBytes } from 'node:crypto'
import { cursorOf } from '../../credentials/page-cursor.js'
import type { SpendRecord, SpendRecordKind, SpendStore } from '../../ports/spend-store.js'
import type { RunScript } from './client.js'
import { storedPlaceIn, storedPlaceOf } from './places.js'
import { checkedInteger, checkedText, listOf, textOf } from './replies.js'
import { ADD_RECORD, CHANGE_RECORD, FIND_RECORD, LIST_RECORDS, READ_RECORD } from './spend-record-scripts.js'
import { nameOf } from './text.js'

type RecordVerbs = Pick<
  SpendStore,
  'addSpendRecord' | 'readSpendRecord' | 'findSpendRecord' | 'listSpendRecords' | 'changeSpendRecord'
>

/** Who may spend what. */
export function createSpendRecords(run: RunScript): RecordVerbs {
  return {
    async addSpendRecord(record) {
      return oneOf(['added', 'duplicate'] as const, await run(ADD_RECORD, ...recordArguments(record)))
    },
    async readSpendRecord(kind, id) {
      const reply = await run(READ_RECORD, kind, nameOf(id))
      return reply === null ? undefined : recordOf(reply)
    },
    async findSpendRecord(kind, lookup) {
      const reply = await run(FIND_RECORD, kind, nameOf(lookup))
      return reply === null ? undefined : recordOf(reply)
    },
    async listSpendRecords({ kind, accountId, parentId, after, limit }) {
      const list =
        parentId === undefined ? accountList(kind, accountId) : childList(kind, accountId, parentId)
      const from = after === undefined ? '-' : `(${storedPlaceIn(after)}`
      const reply = listOf(await run(LIST_RECORDS, kind, list, from, checkedInteger('limit', limit + 1)))
      const records = reply.slice(0, limit).map(recordOf)
      const last = records.at(-1)
      return { records, next: reply.length <= limit || last === undefined ? null : cursorOf(last) }
    },
    async changeSpendRecord(record) {
      const outcomes = ['changed', 'stale', 'duplicate'] as const
      return oneOf(outcomes, await run(CHANGE_RECORD, ...recordArguments(record)))
    },
  }
}

function recordArguments(record: SpendRecord): string[] {
  const { kind, id, accountId, parentId, lookups, createdAtMs, version, document } = record
  checkedText('createdAtMs', createdAtMs)
  const kept: SpendRecord = { kind, id, accountId, parentId, lookups, createdAtMs, version, document }
  const lists = [
    accountList(kind, accountId),
    ...(parentId === null ? [] : [childList(kind, accountId, parentId)]),
  ]
  return [
    randomBytes(9).toString('base64url'),
    kind,
    nameOf(id),
    checkedInteger('version', version),
    storedPlaceOf(createdAtMs, id),
    JSON.stringify(lists),
    JSON.stringify(lookups.map(nameOf)),
    JSON.stringify(kept),
  ]
}

const recordOf = (reply: unknown) => JSON.parse(textOf(reply)) as SpendRecord

// JSON has no lone surrogates, and no two lists have the same.
const accountList = (kind: SpendRecordKind, accountId: string) => JSON.stringify([kind, accountId])
const childList = (kind: SpendRecordKind, accountId: string, parentId: string) =>
  JSON.stringify([kind, accountId, parentId])

function oneOf<Outcome extends string>(outcomes: readonly Outcome[], reply: unknown): Outcome {
  const found = outcomes.find((outcome) => outcome === textOf(reply))
  if (found === undefined) throw new Error('Redis did not say what became of the record')
  return found
}
