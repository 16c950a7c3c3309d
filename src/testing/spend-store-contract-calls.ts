import assert from 'node:assert/strict'
import type {
  DecisionPage,
  DecisionQuery,
  KeptDecision,
  LedgerEvent,
  NewDecision,
  NewReservation,
  Reservation,
  Reserved,
  Settled,
  Settlement,
  Span,
  SpendRecord,
  SpendRecordKind,
  SpendRecordPage,
  SpendRecordQuery,
  SpendStore,
} from '../ports/spend-store.js'
import { upTo } from './store-contract-calls.js'

/** A reservation and what happened to it. */
export interface ReadReservation {
  readonly reservation: Reservation
  readonly trail: readonly LedgerEvent[]
}

/** The verbs of a store as cases call them: every answer is waited for and has the form that the port says. */
export interface SpendCalls {
  add(record: SpendRecord): Promise<'added' | 'duplicate'>
  read(kind: SpendRecordKind, id: string): Promise<SpendRecord | undefined>
  find(kind: SpendRecordKind, lookup: string): Promise<SpendRecord | undefined>
  list(query: SpendRecordQuery): Promise<SpendRecordPage>
  /** Every page, from the first to the last. */
  listAll(
    query: Omit<SpendRecordQuery, 'limit' | 'after'> & { readonly limit?: number },
  ): Promise<readonly SpendRecord[]>
  change(record: SpendRecord): Promise<'changed' | 'stale' | 'duplicate'>
  reserve(decision: NewDecision, reservation: NewReservation | null): Promise<Reserved>
  settle(settlement: Settlement): Promise<Settled | undefined>
  /** What there must be. */
  reservation(id: string): Promise<ReadReservation>
  readReservation(id: string): Promise<ReadReservation | undefined>
  expire(limit: number): Promise<number>
  sums(spans: readonly Span[]): Promise<readonly bigint[]>
  /** Whatever is counted of a budget, or within a part of it. */
  sum(key: string, fromMs?: number, toMs?: number): Promise<bigint>
  decisions(query: DecisionQuery): Promise<DecisionPage>
  /** Every page, from the first to the last. */
  allDecisions(
    query: Omit<DecisionQuery, 'limit' | 'after'> & { readonly limit?: number },
  ): Promise<readonly KeptDecision[]>
  decision(id: string): Promise<KeptDecision | undefined>
}

const OPTIONS = { signal: new AbortController().signal }

// More than any case has: a store whose pages do not end must not run for ever.
const MAX_PAGES = 1_000

/** The verbs of a store, with the options of a call filled in. */
export function spendCallsOf(store: SpendStore): SpendCalls {
  const calls: SpendCalls = {
    add: async (record) => store.addSpendRecord(record, OPTIONS),
    read: async (kind, id) => store.readSpendRecord(kind, id, OPTIONS),
    find: async (kind, lookup) => store.findSpendRecord(kind, lookup, OPTIONS),
    async list(query) {
      const page = await store.listSpendRecords(query, OPTIONS)
      checkPage(page.records.length, page.next, query.limit)
      return page
    },
    listAll: (query) =>
      allOf(async (rest) => {
        const { records, next } = await calls.list({ limit: 1_000, ...query, ...rest })
        return { items: records, next }
      }),
    change: async (record) => store.changeSpendRecord(record, OPTIONS),
    async reserve(decision, reservation) {
      const reserved = await store.reserve(decision, reservation, OPTIONS)
      checkFlag(reserved.isNew)
      return reserved
    },
    async settle(settlement) {
      const settled = await store.settle(settlement, OPTIONS)
      if (settled !== undefined) checkFlag(settled.isNew)
      return settled
    },
    async reservation(id) {
      const read = await calls.readReservation(id)
      assert.ok(read !== undefined, 'the reservation is there')
      return read
    },
    readReservation: async (id) => store.readReservation(id, OPTIONS),
    expire: async (limit) => store.expireReservations(limit, OPTIONS),
    sums: async (spans) => store.readSums(spans, OPTIONS),
    async sum(key, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER) {
      const [sum, ...more] = await calls.sums([{ key, fromMs, toMs }])
      assert.equal(typeof sum, 'bigint', 'a sum is a bigint')
      assert.deepEqual(more, [])
      return sum as bigint
    },
    async decisions(query) {
      const page = await store.listDecisions(query, OPTIONS)
      checkPage(page.decisions.length, page.next, query.limit)
      return page
    },
    allDecisions: (query) =>
      allOf(async (rest) => {
        const { decisions, next } = await calls.decisions({ limit: 1_000, ...query, ...rest })
        return { items: decisions, next }
      }),
    decision: async (id) => store.readDecision(id, OPTIONS),
  }
  return calls
}

async function allOf<Item>(
  read: (rest: {
    readonly after?: string
  }) => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let after: string | null | undefined
  for (let pages = 0; after !== null; pages++) {
    assert.ok(pages < MAX_PAGES, 'the pages of a list end')
    const { items, next } = await read(after === undefined ? {} : { after })
    all.push(...items)
    after = next
  }
  return all
}

function checkPage(length: number, next: unknown, limit: number): void {
  assert.ok(length <= limit, `a page of ${length}, where ${limit} were asked for`)
  assert.ok(next === null || typeof next === 'string', 'next is a string or null')
}

function checkFlag(isNew: unknown): void {
  assert.equal(typeof isNew, 'boolean', 'isNew is true or false')
}

/** Calls for every item at the same time, by turns through the instances. */
export async function spendAtOnce<Item, Answer>(
  instances: readonly SpendCalls[],
  items: readonly Item[],
  call: (instance: SpendCalls, item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  for (const instance of instances) await warm(instance)
  return Promise.all(items.map((item, at) => call(instances[at % instances.length] as SpendCalls, item)))
}

const warmed = new WeakSet<SpendCalls>()

// Lets an instance open all the connections that it ever will: calls that wait for one do not race.
async function warm(instance: SpendCalls): Promise<void> {
  if (warmed.has(instance)) return
  warmed.add(instance)
  // Twice: the first call may make the tables, and let the others wait.
  for (const _ of upTo(2)) await Promise.all(upTo(10).map(() => instance.read('agent', 'nobody')))
}
