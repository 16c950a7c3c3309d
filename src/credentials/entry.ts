import type { Credential, CredentialLookup, CredentialRecord } from './credential.js'

/** What a store keeps of a credential of any kind: all that its owner is shown, and what the gate needs. */
export interface EntryRecord extends CredentialRecord {
  /** What its owner calls it. */
  readonly name: string | null
  /** Wall clock, milliseconds. */
  readonly createdAtMs: number
  /** Who made it: the account that signed in, or what the host says. */
  readonly createdBy: string | null
  /** Wall clock, milliseconds; null where its key or secret is still the first. */
  readonly rotatedAtMs: number | null
  /** Wall clock, milliseconds; null unless `status` is `revoked`. */
  readonly revokedAtMs: number | null
  /** Counts what was changed, from 1. A change counts only upon the version that it was made from. */
  readonly version: number
}

/** An API key at rest. */
export interface ApiKeyEntry extends EntryRecord {
  readonly kind: 'apiKey'
  /** SHA-256 of the whole key, in lower-case hex. */
  readonly digest: string
  /** What stands before the underscore; null where only a digest was taken over. */
  readonly prefix: string | null
  /** The key's last four characters; null where only a digest was taken over. */
  readonly lastFour: string | null
  /** The key that this one replaces, and until when it counts beside it (wall clock, milliseconds). */
  readonly older: { readonly digest: string; readonly untilMs: number } | null
}

/** A shared-secret pair. A durable store seals both secrets. */
export interface SharedSecretEntry extends EntryRecord {
  readonly kind: 'sharedSecret'
  readonly keyId: string
  readonly secret: string
  /** The secret that this one replaces, and until when it counts beside it (wall clock, milliseconds). */
  readonly older: { readonly secret: string; readonly untilMs: number } | null
}

/** A credential as a store keeps it: one row, one version. */
export type CredentialEntry = ApiKeyEntry | SharedSecretEntry

/** What an entry is found by, one text each: `digest:` or `key_id:` and the value. No other entry may have any of them. */
export function lookupKeysOf(entry: CredentialEntry): string[] {
  if (entry.kind === 'sharedSecret') return [`key_id:${entry.keyId}`]
  const { digest, older } = entry
  return older === null ? [`digest:${digest}`] : [`digest:${digest}`, `digest:${older.digest}`]
}

/** The text that a lookup asks for, as {@link lookupKeysOf} writes it. */
export function lookupKeyOf(lookup: CredentialLookup): string {
  return lookup.kind === 'apiKey' ? `digest:${lookup.digest}` : `key_id:${lookup.keyId}`
}

/**
 * An entry as the gate asks for it. By the digest of a key that was replaced it is the same credential, but one that
 * ends with the overlap.
 */
export function credentialOf(entry: CredentialEntry, lookup: CredentialLookup): Credential | undefined {
  const { id, accountId, wallets, role, scopes, environment, expiresAtMs, status } = entry
  const common = { id, accountId, wallets, role, scopes, environment, status }
  if (entry.kind === 'apiKey' && lookup.kind === 'apiKey') {
    const { digest, older } = entry
    if (lookup.digest === digest) return Object.freeze({ ...common, kind: 'apiKey', digest, expiresAtMs })
    if (lookup.digest !== older?.digest) return undefined
    const endsAtMs = Math.min(older.untilMs, expiresAtMs ?? Number.POSITIVE_INFINITY)
    return Object.freeze({ ...common, kind: 'apiKey', digest: older.digest, expiresAtMs: endsAtMs })
  }
  if (entry.kind === 'sharedSecret' && lookup.kind === 'sharedSecret' && lookup.keyId === entry.keyId) {
    const { keyId, secret, older } = entry
    const secrets = Object.freeze(older === null ? [secret] : [secret, older.secret])
    const olderUntilMs = older?.untilMs ?? null
    return Object.freeze({ ...common, kind: 'sharedSecret', keyId, secrets, olderUntilMs, expiresAtMs })
  }
  return undefined
}

/** A frozen copy: nobody who holds the original, or the copy, can change what is kept. */
export function copyOfEntry(entry: CredentialEntry): CredentialEntry {
  const wallets = Object.freeze([...entry.wallets])
  const scopes = Object.freeze([...entry.scopes])
  return entry.kind === 'apiKey'
    ? Object.freeze({ ...entry, wallets, scopes, older: entry.older && Object.freeze({ ...entry.older }) })
    : Object.freeze({ ...entry, wallets, scopes, older: entry.older && Object.freeze({ ...entry.older }) })
}
