import { randomBytes } from 'node:crypto'
import { digestOf } from '../digest.js'
import { GateError } from '../gate-error.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { isWalletAddress } from '../wallet-address.js'
import { createKey, isPrefix, PREFIX_RULE } from './api-key-format.js'
import { isName, NAME_RULE } from './credential-name.js'
import type { ApiKeyEntry, EntryRecord, SharedSecretEntry } from './entry.js'
import { isText } from './record-check.js'

/** Who a new credential is for and what it may do. */
export interface CredentialGrant {
  /** Who owns it. Credentials of one account share its data, limits and statistics. */
  readonly accountId: string
  /** Canonical base58 addresses it may act for. Default none. */
  readonly wallets?: readonly string[]
  /** `enterprise`, `processor` or a word of the host's. Default none. */
  readonly role?: string
  /** Default none. */
  readonly scopes?: readonly string[]
  /** Where it is honoured. Default everywhere. */
  readonly environment?: string
  /** Wall clock, milliseconds since the epoch. Default never. */
  readonly expiresAtMs?: number
  /** What its owner calls it: 1 to 100 characters, none of them a control character. Default none. */
  readonly name?: string
  /** Who makes it, for the audit. Default nobody in particular. */
  readonly createdBy?: string
}

/** As {@link CredentialGrant}, and how the key looks. */
export interface ApiKeyGrant extends CredentialGrant {
  /** As in `apiKey({ prefix })`. Default `sk`. */
  readonly prefix?: string
}

/** As {@link CredentialGrant}, and what may be shown of a key that only its owner has. */
export interface ImportedKeyGrant extends CredentialGrant {
  /** What stands before the underscore of the key. Default unknown. */
  readonly prefix?: string
  /** The key's last four characters. Default unknown. */
  readonly lastFour?: string
}

/** A new API key: the only time it is seen. */
export interface IssuedApiKey {
  readonly credentialId: string
  readonly key: string
}

/** A new shared-secret pair: the only time the secret is seen. */
export interface IssuedSharedSecret {
  readonly credentialId: string
  readonly keyId: string
  readonly sharedSecret: string
}

/** What was made, and what is to be stored of it. */
export interface Made<Issued, Entry> {
  readonly issued: Issued
  readonly entry: Entry
}

const GRANT_OPTIONS = [
  'accountId',
  'wallets',
  'role',
  'scopes',
  'environment',
  'expiresAtMs',
  'name',
  'createdBy',
] as const
// The last moment that a Date can hold (ECMA-262 §21.4.1.1).
const LAST_MS = 8.64e15
const DIGEST = /^[0-9a-f]{64}$/
const LAST_FOUR = /^[A-Za-z0-9_-]{4}$/

/**
 * Makes an API key.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createApiKey(options: ApiKeyGrant, nowMs: number): Made<IssuedApiKey, ApiKeyEntry> {
  const { prefix = 'sk', ...grant } = options ?? {}
  if (!isPrefix(prefix)) throw new GateError('ERR_GATE_OPTIONS', [`prefix must be ${PREFIX_RULE}`])
  const record = createRecord(grant, nowMs)
  const { key, ...shown } = newKey(prefix)
  const entry: ApiKeyEntry = Object.freeze({ ...record, kind: 'apiKey', ...shown, prefix, older: null })
  return { issued: { credentialId: entry.id, key }, entry }
}

/** A new key, its digest and what owners tell it by. */
export function newKey(prefix: string): {
  readonly key: string
  readonly digest: string
  readonly lastFour: string
} {
  const key = createKey(prefix)
  return { key, digest: digestOf(key), lastFour: key.slice(-4) }
}

/**
 * Makes the entry of an API key that exists elsewhere.
 *
 * @param digest - SHA-256 of the whole key, in lower-case hex.
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createImportedKey(digest: string, options: ImportedKeyGrant, nowMs: number): ApiKeyEntry {
  const { prefix = null, lastFour = null, ...grant } = options ?? {}
  const problems: string[] = []
  if (!DIGEST.test(digest)) {
    problems.push('digest must be the SHA-256 of the key in 64 lower-case hex digits')
  }
  if (prefix !== null && !isPrefix(prefix)) problems.push(`prefix must be ${PREFIX_RULE}`)
  if (lastFour !== null && !(typeof lastFour === 'string' && LAST_FOUR.test(lastFour))) {
    problems.push("lastFour must be the key's last four characters")
  }
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const record = createRecord(grant, nowMs)
  return Object.freeze({ ...record, kind: 'apiKey', digest, prefix, lastFour, older: null })
}

/**
 * Makes a `key_id` and a shared secret.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createSharedSecret(
  grant: CredentialGrant,
  nowMs: number,
): Made<IssuedSharedSecret, SharedSecretEntry> {
  const record = createRecord(grant, nowMs)
  const keyId = `api_key_${randomBytes(18).toString('base64url')}`
  const secret = newSecret()
  const entry: SharedSecretEntry = Object.freeze({
    ...record,
    kind: 'sharedSecret',
    keyId,
    secret,
    older: null,
  })
  return { issued: { credentialId: entry.id, keyId, sharedSecret: secret }, entry }
}

/** A new shared secret: 256 random bits. */
export function newSecret(): string {
  return `sec_${randomBytes(32).toString('base64url')}`
}

function createRecord(grant: CredentialGrant, nowMs: number): EntryRecord {
  const problems = grantProblems(grant)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  return {
    id: `cred_${randomBytes(16).toString('base64url')}`,
    accountId: grant.accountId,
    wallets: Object.freeze([...(grant.wallets ?? [])]),
    role: grant.role ?? null,
    scopes: Object.freeze([...(grant.scopes ?? [])]),
    environment: grant.environment ?? null,
    expiresAtMs: grant.expiresAtMs ?? null,
    status: 'active',
    name: grant.name ?? null,
    createdAtMs: nowMs,
    createdBy: grant.createdBy ?? null,
    rotatedAtMs: null,
    revokedAtMs: null,
    version: 1,
  }
}

function grantProblems(grant: CredentialGrant): string[] {
  if (!isOptions(grant)) return ['grant must be given, at least { accountId }']
  const problems = unknownOptions('grant', grant, GRANT_OPTIONS)
  const { accountId, wallets = [], role, scopes = [], environment, expiresAtMs, name, createdBy } = grant
  if (!isText(accountId)) problems.push('grant.accountId must be a non-empty string')
  if (!Array.isArray(wallets) || !wallets.every((wallet) => isText(wallet) && isWalletAddress(wallet))) {
    problems.push('grant.wallets must be a list of base58 Solana addresses')
  }
  if (role !== undefined && !isText(role)) problems.push('grant.role must be a non-empty string')
  if (!Array.isArray(scopes) || !scopes.every(isText)) problems.push('grant.scopes must be a list of strings')
  if (environment !== undefined && !isText(environment))
    problems.push('grant.environment must be a non-empty string')
  if (expiresAtMs !== undefined && !(Number.isFinite(expiresAtMs) && Math.abs(expiresAtMs) <= LAST_MS)) {
    problems.push('grant.expiresAtMs must be milliseconds since the epoch')
  }
  if (name !== undefined && !isName(name)) problems.push(`grant.name must be ${NAME_RULE}`)
  if (createdBy !== undefined && !isText(createdBy)) {
    problems.push('grant.createdBy must be a non-empty string')
  }
  return problems
}
