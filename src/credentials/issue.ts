import { randomBytes } from 'node:crypto'
import { GateError } from '../gate-error.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { isWalletAddress } from '../wallet-address.js'
import { createKey, digestOf, isPrefix, PREFIX_RULE } from './api-key-format.js'
import type { ApiKeyCredential, CredentialRecord, SharedSecretCredential } from './credential.js'
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

const GRANT_OPTIONS = ['accountId', 'wallets', 'role', 'scopes', 'environment', 'expiresAtMs'] as const
const DIGEST = /^[0-9a-f]{64}$/

/** Makes an API key and the record to store of it. */
export function createApiKey(
  prefix: string,
  grant: CredentialGrant,
): { readonly issued: IssuedApiKey; readonly record: ApiKeyCredential } {
  if (!isPrefix(prefix)) throw new GateError('ERR_GATE_OPTIONS', [`prefix must be ${PREFIX_RULE}`])
  const key = createKey(prefix)
  const record = createApiKeyRecord(digestOf(key), grant)
  return { issued: { credentialId: record.id, key }, record }
}

/**
 * Makes the record of an API key that exists elsewhere.
 *
 * @param digest - SHA-256 of the whole key, in lower-case hex.
 */
export function createApiKeyRecord(digest: string, grant: CredentialGrant): ApiKeyCredential {
  if (!DIGEST.test(digest)) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'digest must be the SHA-256 of the key in 64 lower-case hex digits',
    ])
  }
  return Object.freeze({ ...createRecord(grant), kind: 'apiKey', digest })
}

/** Makes a `key_id` and a shared secret, and the record to store of them. */
export function createSharedSecret(grant: CredentialGrant): {
  readonly issued: IssuedSharedSecret
  readonly record: SharedSecretCredential
} {
  const keyId = `api_key_${randomBytes(18).toString('base64url')}`
  const sharedSecret = `sec_${randomBytes(32).toString('base64url')}`
  const record: SharedSecretCredential = Object.freeze({
    ...createRecord(grant),
    kind: 'sharedSecret',
    keyId,
    secrets: Object.freeze([sharedSecret]),
  })
  return { issued: { credentialId: record.id, keyId, sharedSecret }, record }
}

function createRecord(grant: CredentialGrant): CredentialRecord {
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
  }
}

function grantProblems(grant: CredentialGrant): string[] {
  if (!isOptions(grant)) return ['grant must be given, at least { accountId }']
  const problems = unknownOptions('grant', grant, GRANT_OPTIONS)
  const { accountId, wallets = [], role, scopes = [], environment, expiresAtMs } = grant
  if (!isText(accountId)) problems.push('grant.accountId must be a non-empty string')
  if (!Array.isArray(wallets) || !wallets.every((wallet) => isText(wallet) && isWalletAddress(wallet))) {
    problems.push('grant.wallets must be a list of base58 Solana addresses')
  }
  if (role !== undefined && !isText(role)) problems.push('grant.role must be a non-empty string')
  if (!Array.isArray(scopes) || !scopes.every(isText)) problems.push('grant.scopes must be a list of strings')
  if (environment !== undefined && !isText(environment))
    problems.push('grant.environment must be a non-empty string')
  if (expiresAtMs !== undefined && !Number.isFinite(expiresAtMs)) {
    problems.push('grant.expiresAtMs must be milliseconds since the epoch')
  }
  return problems
}
