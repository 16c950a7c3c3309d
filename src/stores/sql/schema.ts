import type { ColumnType } from 'kysely'
import type { SpendTables } from './spend-schema.js'

/** A whole number beyond 32 bits: `pg` answers a text, SQLite a number. `wholeNumber` reads both. */
type Answered = number | string | bigint
export type Int8 = ColumnType<Answered, number, Answered>

/** A time in milliseconds. Kept as what JavaScript has, so that what was written is what is read, fractions too. */
export type Ms = number

/** Free text is kept as `storable` writes it, lists as JSON. */
export interface CredentialTable {
  id: string
  kind: string
  account_id: string
  wallets: string
  role: string | null
  scopes: string
  environment: string | null
  expires_at_ms: Ms | null
  status: string
  name: string | null
  created_at_ms: Ms
  created_by: string | null
  rotated_at_ms: Ms | null
  revoked_at_ms: Ms | null
  version: number
  digest: string | null
  prefix: string | null
  last_four: string | null
  key_id: string | null
  /** Sealed. */
  secret: string | null
  older_digest: string | null
  /** Sealed. */
  older_secret: string | null
  older_until_ms: Ms | null
}

/** All that the store keeps. */
export interface SallyportTables extends SpendTables {
  sallyport_credential: CredentialTable
  /** What a credential is found by: the primary key sees to it that no two have the same. */
  sallyport_lookup: { lookup: string; credential_id: string }
  /** The wallets once more, so that one of them finds its credentials. */
  sallyport_credential_wallet: { wallet: string; credential_id: string }
  /** One row: the place of the last change. */
  sallyport_sequence: { id: number; seq: Int8 }
  /** The last change of each kind and id. */
  sallyport_change: {
    kind: string
    id: string
    seq: Int8
    at_ms: Ms
    until_ms: Ms
    /** Not forgotten before this. */
    keep_until_ms: Ms
  }
  sallyport_claim: { key_digest: string; expires_at_ms: Ms }
  /** Sums over hours, and over all time where the hour is -1. */
  sallyport_usage: {
    credential_id: string
    hour_ms: Int8
    route: string
    outcome: string
    count: Int8
    last_used_at_ms: Ms
  }
  sallyport_usage_batch: { id: string; added_at_ms: Ms }
}

/** A whole number as a driver answers it. */
export function wholeNumber(value: Answered): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new Error('a stored number is not a whole one')
  return number
}
