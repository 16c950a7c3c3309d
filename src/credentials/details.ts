import type { CredentialEntry } from './entry.js'

/** What may be shown of a credential: never a key, a secret or a digest. */
export interface CredentialDetails {
  readonly id: string
  readonly kind: 'apiKey' | 'sharedSecret'
  readonly accountId: string
  readonly name: string | null
  /** Of an API key, where they are known: what stands before the underscore, and the last four characters. */
  readonly prefix: string | null
  readonly lastFour: string | null
  /** Of a shared-secret pair: the public half. */
  readonly keyId: string | null
  readonly wallets: readonly string[]
  readonly role: string | null
  readonly scopes: readonly string[]
  readonly environment: string | null
  readonly status: 'active' | 'disabled' | 'revoked'
  /** All times: wall clock, milliseconds since the epoch. */
  readonly createdAtMs: number
  readonly createdBy: string | null
  readonly expiresAtMs: number | null
  readonly rotatedAtMs: number | null
  /** Until when the key or secret from before the last rotation counts too. */
  readonly olderUntilMs: number | null
  readonly revokedAtMs: number | null
}

/** What may be shown of an entry. */
export function detailsOf(entry: CredentialEntry): CredentialDetails {
  const { id, kind, accountId, name, wallets, role, scopes, environment, status } = entry
  const { createdAtMs, createdBy, expiresAtMs, rotatedAtMs, revokedAtMs } = entry
  return {
    id,
    kind,
    accountId,
    name,
    prefix: kind === 'apiKey' ? entry.prefix : null,
    lastFour: kind === 'apiKey' ? entry.lastFour : null,
    keyId: kind === 'sharedSecret' ? entry.keyId : null,
    wallets,
    role,
    scopes,
    environment,
    status,
    createdAtMs,
    createdBy,
    expiresAtMs,
    rotatedAtMs,
    olderUntilMs: entry.older?.untilMs ?? null,
    revokedAtMs,
  }
}
