import type { CallOptions } from './call-options.js'

/** What kinds of record there are. */
export type SpendRecordKind = 'agent' | 'mandate' | 'policy' | 'binding' | 'approval'

/** A record that says who may spend what. The store reads nothing of its document. */
export interface SpendRecord {
  readonly kind: SpendRecordKind
  /** Random; unique within the kind. */
  readonly id: string
  /** Whose it is. */
  readonly accountId: string
  /** What it belongs to: the agent of a mandate, the mandate of a binding or an approval. Null for others. */
  readonly parentId: string | null
  /** What it is found by besides its id. No two records of one kind have the same. */
  readonly lookups: readonly string[]
  /** Wall clock, milliseconds. */
  readonly createdAtMs: number
  /** Counts what was changed, from 1. A change counts only upon the version that it was made from. */
  readonly version: number
  /** JSON. */
  readonly document: string
}

/** Which records {@link SpendStore.listSpendRecords} answers. */
export interface SpendRecordQuery {
  readonly kind: SpendRecordKind
  readonly accountId: string
  /** Only what belongs to this. Default all. */
  readonly parentId?: string
  /** Behind this record: `<createdAtMs>:<id>`, as a page's `next` names it. */
  readonly after?: string
  /** At most so many, 1 to 1000. */
  readonly limit: number
}

/** Records, the oldest first, and by their ids where they are as old. */
export interface SpendRecordPage {
  readonly records: readonly SpendRecord[]
  /** What to ask for as `after`; null behind the last of all. */
  readonly next: string | null
}

/** A span of time of one budget: everything counted at `fromMs` or later, and at `toMs` or earlier. */
export interface Span {
  /** Names the budget. */
  readonly key: string
  readonly fromMs: number
  readonly toMs: number
}

/** What a reservation takes of one limit. */
export interface Take extends Span {
  /** `amount`: as much as is reserved, and less where less is committed. `count`: one. `use`: one, never given back. */
  readonly measures: 'amount' | 'count' | 'use'
  /** At what moment of its budget it is counted; within the span. */
  readonly atMs: number
  /** What everything counted within the span may come to, this take included. */
  readonly limit: bigint
  /** What was counted of this budget at an earlier moment may be forgotten. */
  readonly keepFromMs: number
}

/** What is to be reserved. */
export interface NewReservation {
  /** Derived from an idempotency key, or random. */
  readonly id: string
  /** Who made it, and may settle it. */
  readonly accountId: string
  /** A digest of what was asked for: one id stands for one request. */
  readonly fingerprint: string
  /** Base units, at least 1. */
  readonly amount: bigint
  /** How long it is held, from now by the store's clock. */
  readonly ttlMs: number
  /** What becomes of it where nobody settles it in time. */
  readonly onExpiry: 'release' | 'commit'
  /** All of them, or none. No two have the same key. */
  readonly takes: readonly Take[]
  /** Whether one of this id and fingerprint that was declined, or has given everything back, is made anew. */
  readonly renews: boolean
  /**
   * Whether it is held, with nothing taken, even where the decision is declined or a limit does not fit: what only
   * observes lets it through all the same.
   */
  readonly holdsAnyway: boolean
}

/** What became of a reservation. `declined`: nothing was taken. */
export type ReservationState = 'held' | 'committed' | 'released' | 'declined'

/** A reservation as it stands. */
export interface Reservation {
  readonly id: string
  readonly accountId: string
  readonly fingerprint: string
  /** The decision that it was last made, or declined, by. */
  readonly decisionId: string
  readonly state: ReservationState
  readonly amount: bigint
  /** What was committed of it; null unless it was. */
  readonly committed: bigint | null
  readonly onExpiry: 'release' | 'commit'
  /** By the store's clock, milliseconds. */
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** Null while it is held, and where it was declined. */
  readonly settledAtMs: number | null
  /** Whether it was settled because its time was over. */
  readonly expired: boolean
}

/** One row of the trail that a reservation leaves. It is never changed and never taken away. */
export interface LedgerEvent {
  readonly event: 'reserve' | 'decline' | 'commit' | 'release' | 'expire'
  /** By the store's clock, milliseconds. */
  readonly atMs: number
  /** What was reserved, asked for, committed or given back; of an expiry, what was committed by it. */
  readonly amount: bigint
}

/** A decision to be kept. */
export interface NewDecision {
  /** Random. */
  readonly id: string
  /** Wall clock of who decided, milliseconds. */
  readonly atMs: number
  /** Who may read it: the owner of the mandate, or whoever asked where there is none. */
  readonly accountId: string
  readonly agentId: string | null
  readonly mandateId: string | null
  /** `approved`: unless a take does not fit. */
  readonly outcome: 'approved' | 'declined'
  /** JSON. The store reads nothing of it. */
  readonly document: string
}

/** A decision as it was made. It is never changed and never taken away. */
export interface KeptDecision extends NewDecision {
  readonly reservationId: string | null
  /** Which of the takes, by their place, did not fit. */
  readonly exceeded: readonly number[]
  /** What was counted within the span of each take just before, by its place. Empty where nothing was to be taken. */
  readonly sums: readonly bigint[]
}

/** Which decisions {@link SpendStore.listDecisions} answers. */
export interface DecisionQuery {
  readonly accountId: string
  readonly agentId?: string
  readonly mandateId?: string
  readonly outcome?: 'approved' | 'declined'
  /** Made at or after this, and before that: wall clock, milliseconds. */
  readonly sinceMs?: number
  readonly untilMs?: number
  /** Before this decision: `<atMs>:<id>`, as a page's `next` names it. */
  readonly after?: string
  /** At most so many, 1 to 1000. */
  readonly limit: number
}

/** Decisions, the latest first, and by their ids, downwards, where they are of one moment. */
export interface DecisionPage {
  readonly decisions: readonly KeptDecision[]
  readonly next: string | null
}

/** What {@link SpendStore.reserve} has done. */
export interface Reserved {
  /** Whether it was made, or declined, just now; otherwise it is what an earlier call of the same id has made. */
  readonly isNew: boolean
  /** Null where there was nothing to reserve. */
  readonly reservation: Reservation | null
  /** The decision that it was made, or declined, by. */
  readonly decision: KeptDecision
}

/** How a reservation is to end. */
export interface Settlement {
  readonly id: string
  readonly as: 'commit' | 'release'
  /** What is committed, 0 to what is reserved. Default all. */
  readonly amount?: bigint
  /**
   * Only what was made by this decision. An id can be made anew once everything was given back: a call that was long under
   * way must not end what somebody else holds by then.
   */
  readonly decisionId?: string
}

/** What {@link SpendStore.settle} has done. */
export interface Settled {
  /** Whether it was settled just now; otherwise it had been, its time was over, it was declined, or is another's. */
  readonly isNew: boolean
  readonly reservation: Reservation
}

/**
 * What spending is decided with: who may spend, what is counted, and what was decided. Every verb is required and atomic:
 * it happens whole and for every instance that shares the store, or not at all, and is seen by whatever begins after it
 * was answered. What was answered has been kept. A store that cannot know throws or rejects.
 *
 * What is held beyond its time counts, for every verb, as what its `onExpiry` says, whether or not anybody has written
 * that down yet. Time is the store's clock: the server's, where the host has not given it another.
 */
export interface SpendStore {
  /** `duplicate`: its id, or something it is found by, is taken within its kind. */
  addSpendRecord(
    record: SpendRecord,
    options: CallOptions,
  ): 'added' | 'duplicate' | Promise<'added' | 'duplicate'>
  readSpendRecord(
    kind: SpendRecordKind,
    id: string,
    options: CallOptions,
  ): SpendRecord | undefined | Promise<SpendRecord | undefined>
  findSpendRecord(
    kind: SpendRecordKind,
    lookup: string,
    options: CallOptions,
  ): SpendRecord | undefined | Promise<SpendRecord | undefined>
  listSpendRecords(query: SpendRecordQuery, options: CallOptions): SpendRecordPage | Promise<SpendRecordPage>
  /**
   * Puts a record, and what it is found by, in the place of its earlier version. `stale`, and nothing happens, unless
   * the stored version is `record.version - 1`; `duplicate` where something it is found by is taken.
   */
  changeSpendRecord(
    record: SpendRecord,
    options: CallOptions,
  ): 'changed' | 'stale' | 'duplicate' | Promise<'changed' | 'stale' | 'duplicate'>
  /**
   * Keeps a decision and, where there is something to reserve, takes it of every limit or of none. One whose decision
   * is declined takes nothing but is there all the same: the same request is declined again, or it is held where it
   * `holdsAnyway`. Where the id is known, nothing happens, and what is there is answered: whether the fingerprint is the
   * same is for the caller to see.
   */
  reserve(
    decision: NewDecision,
    reservation: NewReservation | null,
    options: CallOptions,
  ): Reserved | Promise<Reserved>
  /**
   * Ends what is held: commits it, in whole or in part, and gives the rest back; or gives all of it back. What is given
   * back is taken off where it was counted. `undefined` where there is none of that id. Throws where `amount` is more
   * than is reserved.
   */
  settle(settlement: Settlement, options: CallOptions): Settled | undefined | Promise<Settled | undefined>
  /** A reservation and its trail, the earliest first. */
  readReservation(
    id: string,
    options: CallOptions,
  ):
    | { readonly reservation: Reservation; readonly trail: readonly LedgerEvent[] }
    | undefined
    | Promise<{ readonly reservation: Reservation; readonly trail: readonly LedgerEvent[] } | undefined>
  /**
   * Writes down the expiry of what is held beyond its time, of at most `limit` reservations, 1 to 1000.
   *
   * @returns How many.
   */
  expireReservations(limit: number, options: CallOptions): number | Promise<number>
  /** What is counted within each span, in their order. */
  readSums(spans: readonly Span[], options: CallOptions): readonly bigint[] | Promise<readonly bigint[]>
  listDecisions(query: DecisionQuery, options: CallOptions): DecisionPage | Promise<DecisionPage>
  readDecision(id: string, options: CallOptions): KeptDecision | undefined | Promise<KeptDecision | undefined>
}
