import type { CredentialEntry, EntryRecord } from '../../credentials/entry.js'
import type { Sealer } from '../../credentials/sealing.js'
import type { CredentialTable } from './schema.js'
import { readable, storable } from './text.js'

/** Turns entries into rows and back. */
export interface CredentialRows {
  rowOf(entry: CredentialEntry): CredentialTable
  /** @throws Error where a secret does not open, or the row is of no kind that is known. */
  entryOf(row: CredentialTable): CredentialEntry
}

/** The columns that hold a secret. A sealed text opens only in the column and the row that it was sealed for. */
export type SecretColumn = 'secret' | 'older_secret'

/** What a secret is sealed for. */
export function placeOf(id: string, column: SecretColumn): string {
  return `${id} ${column}`
}

/** @param sealer - No secret is in a row unless it is sealed. */
export function createCredentialRows(sealer: Sealer): CredentialRows {
  return {
    rowOf: (entry) => ({ ...recordColumns(entry), ...kindColumns(entry, sealer) }),
    entryOf(row) {
      try {
        return readRow(row, sealer)
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause)
        throw new Error(`the credential ${row.id} cannot be read: ${problem}`, { cause })
      }
    },
  }
}

type KindColumn =
  | 'digest'
  | 'prefix'
  | 'last_four'
  | 'key_id'
  | 'secret'
  | 'older_digest'
  | 'older_secret'
  | 'older_until_ms'

function recordColumns(
  entry: EntryRecord & Pick<CredentialEntry, 'kind'>,
): Omit<CredentialTable, KindColumn> {
  return {
    id: storable(entry.id),
    kind: entry.kind,
    account_id: storable(entry.accountId),
    wallets: JSON.stringify(entry.wallets),
    role: orNull(entry.role, storable),
    scopes: JSON.stringify(entry.scopes),
    environment: orNull(entry.environment, storable),
    expires_at_ms: entry.expiresAtMs,
    status: entry.status,
    name: orNull(entry.name, storable),
    created_at_ms: entry.createdAtMs,
    created_by: orNull(entry.createdBy, storable),
    rotated_at_ms: entry.rotatedAtMs,
    revoked_at_ms: entry.revokedAtMs,
    version: entry.version,
  }
}

function kindColumns(entry: CredentialEntry, sealer: Sealer): Pick<CredentialTable, KindColumn> {
  const none = { digest: null, prefix: null, last_four: null, older_digest: null }
  const noSecret = { key_id: null, secret: null, older_secret: null }
  const { id, older } = entry
  const older_until_ms = older?.untilMs ?? null
  if (entry.kind === 'apiKey') {
    return {
      ...noSecret,
      digest: storable(entry.digest),
      prefix: orNull(entry.prefix, storable),
      last_four: orNull(entry.lastFour, storable),
      older_digest: entry.older && storable(entry.older.digest),
      older_until_ms,
    }
  }
  return {
    ...none,
    key_id: storable(entry.keyId),
    secret: sealer.seal(entry.secret, placeOf(id, 'secret')),
    older_secret: entry.older && sealer.seal(entry.older.secret, placeOf(id, 'older_secret')),
    older_until_ms,
  }
}

function readRow(row: CredentialTable, sealer: Sealer): CredentialEntry {
  const record = readRecord(row)
  const untilMs = row.older_until_ms
  if (row.kind === 'apiKey' && row.digest !== null) {
    const older =
      row.older_digest === null || untilMs === null
        ? null
        : Object.freeze({ digest: readable(row.older_digest), untilMs })
    return Object.freeze({
      ...record,
      kind: 'apiKey',
      digest: readable(row.digest),
      prefix: orNull(row.prefix, readable),
      lastFour: orNull(row.last_four, readable),
      older,
    })
  }
  if (row.kind === 'sharedSecret' && row.key_id !== null && row.secret !== null) {
    const older =
      row.older_secret === null || untilMs === null
        ? null
        : Object.freeze({
            secret: sealer.open(row.older_secret, placeOf(record.id, 'older_secret')),
            untilMs,
          })
    return Object.freeze({
      ...record,
      kind: 'sharedSecret',
      keyId: readable(row.key_id),
      secret: sealer.open(row.secret, placeOf(record.id, 'secret')),
      older,
    })
  }
  throw new Error('it is neither an API key nor a shared secret')
}

function readRecord(row: CredentialTable): EntryRecord {
  return {
    id: readable(row.id),
    accountId: readable(row.account_id),
    wallets: readList(row.wallets),
    role: orNull(row.role, readable),
    scopes: readList(row.scopes),
    environment: orNull(row.environment, readable),
    expiresAtMs: row.expires_at_ms,
    // The gate looks at every record it is given: one of another status is no principal.
    status: row.status as EntryRecord['status'],
    name: orNull(row.name, readable),
    createdAtMs: row.created_at_ms,
    createdBy: orNull(row.created_by, readable),
    rotatedAtMs: row.rotated_at_ms,
    revokedAtMs: row.revoked_at_ms,
    version: row.version,
  }
}

function readList(json: string): readonly string[] {
  const list: unknown = JSON.parse(json)
  if (!Array.isArray(list)) throw new Error('a list is something else')
  return Object.freeze(list.map(String))
}

function orNull<T>(text: string | null, use: (text: string) => T): T | null {
  return text === null ? null : use(text)
}
