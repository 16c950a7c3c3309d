import type { Int8, Ms } from './schema.js'

/** Decimal digits: amounts exceed what a column of either database can hold as a number. */
type Digits = string

/** One record that says who may spend what. Free text is kept as `storable` writes it, lists as JSON. */
export interface SpendRecordTable {
  kind: string
  id: string
  account_id: string
  parent_id: string | null
  lookups: string
  created_at_ms: Ms
  version: number
  document: string
}

/** One reservation. */
export interface ReservationTable {
  id: string
  account_id: string
  fingerprint: string
  decision_id: string
  state: string
  amount: Digits
  committed: Digits | null
  on_expiry: string
  created_at_ms: Ms
  expires_at_ms: Ms
  settled_at_ms: Ms | null
  /** 0 or 1. */
  expired: number
  /** How many rows its trail has. */
  events: number
}

/** What one reservation has counted of one budget, while it may still be given back. */
export interface HoldTable {
  reservation_id: string
  budget_key: string
  at_ms: Ms
  measures: string
  /** As in a tally. */
  high: Int8
  low: Int8
  /** From then on it counts no more; null where it goes on counting. */
  frees_at_ms: Ms | null
}

/** What was counted of one budget at one moment. */
export interface TallyTable {
  budget_key: string
  at_ms: Ms
  /** Times 10^15. */
  high: Int8
  /** To be added to it. Either may be negative, so that both can be added up as they are. */
  low: Int8
}

/** One decision. */
export interface DecisionTable {
  id: string
  at_ms: Ms
  account_id: string
  agent_id: string | null
  mandate_id: string | null
  outcome: string
  document: string
  reservation_id: string | null
  exceeded: string
  sums: string
}

/** One row of a trail. */
export interface LedgerTable {
  reservation_id: string
  /** Its place in the trail, from 1. */
  place: number
  event: string
  at_ms: Ms
  amount: Digits
}

/** What spending is decided with. */
export interface SpendTables {
  sallyport_spend_record: SpendRecordTable
  /** What a record is found by: the primary key sees to it that no two of a kind have the same. */
  sallyport_spend_lookup: { kind: string; lookup_digest: string; record_id: string }
  /** One row for each budget, which is locked while something is taken of it. */
  sallyport_budget: { budget_key: string }
  sallyport_tally: TallyTable
  sallyport_reservation: ReservationTable
  sallyport_hold: HoldTable
  sallyport_ledger: LedgerTable
  sallyport_decision: DecisionTable
}
