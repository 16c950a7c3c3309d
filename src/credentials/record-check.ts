import { isWalletAddress } from '../wallet-address.js'
import { type Credential, type CredentialLookup, MIN_SECRET_BYTES } from './credential.js'

/**
 * Why a stored record cannot be the answer to a lookup, or `undefined` where it can. A row of another key, a blank
 * secret or a half-written row must never become a principal; each is the store's fault, so it counts as an outage.
 */
export function recordFault(record: unknown, lookup: CredentialLookup): string | undefined {
  if (typeof record !== 'object' || record === null) return 'the record is not an object'
  const credential = record as Credential
  if (credential.kind !== lookup.kind) return 'the record is of another kind than was asked for'
  return keyFault(credential, lookup) ?? commonFault(credential)
}

/** Whether a record is the one that was asked for, byte for byte. */
export function isAnswerTo(credential: Credential, lookup: CredentialLookup): boolean {
  if (credential.kind === 'apiKey') return lookup.kind === 'apiKey' && credential.digest === lookup.digest
  return lookup.kind === 'sharedSecret' && credential.keyId === lookup.keyId
}

function keyFault(credential: Credential, lookup: CredentialLookup): string | undefined {
  if (!isAnswerTo(credential, lookup)) {
    const asked = credential.kind === 'apiKey' ? 'digest' : 'key_id'
    return `the record has another ${asked} than was asked for`
  }
  if (credential.kind === 'apiKey') return undefined
  const { secrets, olderUntilMs = null } = credential
  if (olderUntilMs !== null && !Number.isFinite(olderUntilMs)) return 'olderUntilMs must be a number or null'
  if (!Array.isArray(secrets) || secrets.length < 1 || secrets.length > 2) return 'the record has no secret'
  return secrets.every(isStrongSecret) ? undefined : `a secret is shorter than ${MIN_SECRET_BYTES} bytes`
}

/** Whether a shared secret is long enough to sign with. */
export function isStrongSecret(secret: unknown): secret is string {
  return typeof secret === 'string' && Buffer.byteLength(secret, 'utf8') >= MIN_SECRET_BYTES
}

const STATUSES: readonly unknown[] = ['active', 'disabled', 'revoked']

function commonFault(credential: Credential): string | undefined {
  const { id, accountId, wallets, role, scopes, environment, expiresAtMs, status } = credential
  if (!isText(id) || !isText(accountId)) return 'id and accountId must be non-empty strings'
  if (!isTextList(wallets) || !wallets.every(isWalletAddress)) return 'wallets must be Solana addresses'
  if (!isTextList(scopes)) return 'scopes must be strings'
  if (role !== null && !isText(role)) return 'role must be a string or null'
  if (environment !== null && !isText(environment)) return 'environment must be a string or null'
  if (expiresAtMs !== null && !Number.isFinite(expiresAtMs)) return 'expiresAtMs must be a number or null'
  return STATUSES.includes(status) ? undefined : 'status must be active, disabled or revoked'
}

/** Whether a value says something: a string that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}
