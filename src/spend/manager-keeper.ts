import { randomUUID } from 'node:crypto'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import type { FieldProblem } from './field-problem.js'
import { isRecordId, Unfit } from './manager-fields.js'
import type { RecordCodec, Recorded } from './records.js'

/** What a record says, beside what every record has. */
export type Content<T extends Recorded> = Omit<T, keyof Recorded>

/** One piece of work with the store. */
export interface Work {
  readonly options: CallOptions
  /** Told before anything is written: where the store fails from then on, it may have been done all the same. */
  onWrite?(): void
}

/** Finds what a record names. What another account has is not there. */
export type FindOwn = <T extends Recorded>(codec: RecordCodec<T>, id: string) => Promise<T | undefined>

/** How records of one kind come to be and change. */
export interface KindRules<T extends Recorded> {
  readonly codec: RecordCodec<T>
  /** What its ids begin with. */
  readonly prefix: string
  /** Reads what a new one is to be. */
  begin(input: unknown, find: FindOwn): Content<T> | Unfit | Promise<Content<T> | Unfit>
  /** Reads what one is to become: what is left out stays. */
  change(current: T, input: unknown, find: FindOwn): Content<T> | Unfit | Promise<Content<T> | Unfit>
  /** Why another of the same cannot be, where what it is found by can be taken. */
  readonly taken?: FieldProblem
}

/** Which records of an account are listed. */
export interface ListedRecords {
  readonly parentId?: string
  readonly after?: string
  readonly limit: number
}

/** Records, the oldest first. */
export interface KeptPage<T> {
  readonly values: readonly T[]
  readonly next: string | null
}

/** Looks up records of one kind. Each verb takes the account whose they are: what another has does not exist. */
export interface RecordReader<T extends Recorded> {
  read(accountId: string, id: string, options: CallOptions): Promise<T | undefined>
  list(accountId: string, query: ListedRecords, options: CallOptions): Promise<KeptPage<T>>
}

/** The records of one kind. */
export interface RecordKeeper<T extends Recorded> extends RecordReader<T> {
  create(accountId: string, input: unknown, work: Work): Promise<T | Unfit>
  /** `undefined` where there is no such record. What would change nothing writes nothing. */
  update(accountId: string, id: string, input: unknown, work: Work): Promise<T | Unfit | undefined>
}

const MAX_TRIES = 10

/** Looks up the records of one kind. */
export function createRecordReader<T extends Recorded>(
  store: SpendStore,
  codec: RecordCodec<T>,
): RecordReader<T> {
  return {
    read: (accountId, id, options) => readOwn(store, codec, accountId, id, options),
    async list(accountId, query, options) {
      const page = await store.listSpendRecords({ kind: codec.kind, accountId, ...query }, options)
      return { values: page.records.map((record) => codec.read(record)), next: page.next }
    },
  }
}

/** Keeps the records of one kind. */
export function createRecordKeeper<T extends Recorded>(
  store: SpendStore,
  clock: Clock,
  rules: KindRules<T>,
): RecordKeeper<T> {
  const { codec, prefix, taken } = rules

  return {
    ...createRecordReader(store, codec),
    async create(accountId, input, { options, onWrite }) {
      const content = await rules.begin(input, ownFinder(store, accountId, options))
      if (content instanceof Unfit) return content
      const recorded = { id: `${prefix}${randomUUID()}`, accountId, createdAtMs: clock.wallMs(), version: 1 }
      const value = Object.freeze({ ...content, ...recorded }) as unknown as T
      options.signal.throwIfAborted()
      onWrite?.()
      if ((await store.addSpendRecord(codec.write(value), options)) === 'added') return value
      if (taken !== undefined) return new Unfit([taken], true)
      throw new Error(`the store has a ${codec.kind} of the same random id`)
    },
    update: (accountId, id, input, work) =>
      changeRecord(store, codec, accountId, id, work, (current) =>
        rules.change(current, input, ownFinder(store, accountId, work.options)),
      ),
  }
}

/**
 * Reads a record, makes its next version and puts that in its place; starts anew where another was faster.
 *
 * @returns The record as it is now; `undefined` where the account has none of that id.
 * @throws Error where others keep being faster.
 */
export async function changeRecord<T extends Recorded>(
  store: SpendStore,
  codec: RecordCodec<T>,
  accountId: string,
  id: string,
  { options, onWrite }: Work,
  make: (current: T) => Content<T> | Unfit | Promise<Content<T> | Unfit>,
): Promise<T | Unfit | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const current = await readOwn(store, codec, accountId, id, options)
    if (current === undefined) return undefined
    const content = await make(current)
    if (content instanceof Unfit) return content
    const { createdAtMs, version } = current
    const same = { ...content, id, accountId, createdAtMs, version } as unknown as T
    if (codec.write(same).document === codec.write(current).document) return current
    const next = Object.freeze({ ...same, version: version + 1 })
    // Whoever asked has been told by now that it could not be done.
    options.signal.throwIfAborted()
    onWrite?.()
    const changed = await store.changeSpendRecord(codec.write(next), options)
    if (changed === 'changed') return next
    if (changed === 'duplicate') throw new Error(`the store has taken what a ${codec.kind} is found by`)
  }
  throw new Error(`the ${codec.kind} is being changed by many at once`)
}

async function readOwn<T extends Recorded>(
  store: SpendStore,
  codec: RecordCodec<T>,
  accountId: string,
  id: string,
  options: CallOptions,
): Promise<T | undefined> {
  if (!isRecordId(id)) return undefined
  const record = await store.readSpendRecord(codec.kind, id, options)
  return record?.accountId === accountId ? codec.read(record) : undefined
}

function ownFinder(store: SpendStore, accountId: string, options: CallOptions): FindOwn {
  return (codec, id) => readOwn(store, codec, accountId, id, options)
}
