import { callWithin } from '../deadline.js'
import { GateError } from '../gate-error.js'
import { isOptions, undefinedOptions, unknownOptions } from '../option-check.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import { systemClock } from '../system-clock.js'
import { isPrefix, PREFIX_RULE } from './api-key-format.js'
import { renamed, rotatedKey, rotatedSecret, switched } from './change.js'
import { changeEntry } from './change-entry.js'
import { isName, NAME_RULE } from './credential-name.js'
import { type CredentialDetails, detailsOf } from './details.js'
import type { CredentialEntry } from './entry.js'
import {
  type ApiKeyGrant,
  type CredentialGrant,
  createApiKey,
  createImportedKey,
  createSharedSecret,
  type ImportedKeyGrant,
  type IssuedApiKey,
  type IssuedSharedSecret,
} from './issue.js'
import { isOverlap, MAX_OVERLAP_SECONDS } from './overlap.js'
import { placeOf } from './page-cursor.js'
import { isText } from './record-check.js'
import { type RevocationTarget, revocationOf } from './revocation.js'

/** How an API key or a secret is exchanged. */
export interface RotationOptions {
  /** How long the old one counts beside the new one, in seconds: 0 to 2,592,000 (30 days). Default 86,400. */
  readonly overlapSeconds?: number
  /** For a key that was taken over without its prefix. Default `sk`. */
  readonly prefix?: string
}

/** Which credentials are listed. */
export interface CredentialFilter {
  /** Only this account's. Default everybody's. */
  readonly accountId?: string
  /** Revoked ones too. Default false. */
  readonly revoked?: boolean
  /** The `next` of the page before. */
  readonly after?: string
  /** Default 100, at most 1000. */
  readonly limit?: number
}

/**
 * The life of credentials, for the host's own code and the command line. What it answers has been kept by the store.
 * Every call rejects with the store's error where the store cannot do it, and with a GateError where it is asked for
 * something malformed.
 */
export interface CredentialManager {
  /**
   * Makes an API key. The key itself is only in the answer; the store keeps its digest.
   *
   * @example
   * const { key } = await store.issueApiKey({ prefix: 'acto', accountId: 'robots-inc', wallets: [wallet] })
   */
  issueApiKey(options: ApiKeyGrant): Promise<IssuedApiKey>
  /**
   * Makes a `key_id` and a shared secret for JWTs that the caller mints.
   *
   * @example
   * const { keyId, sharedSecret } = await store.issueSharedSecret({ accountId: 'acme', role: 'enterprise' })
   */
  issueSharedSecret(options: CredentialGrant): Promise<IssuedSharedSecret>
  /** Takes over a key that exists elsewhere, by the SHA-256 of the whole key in lower-case hex. */
  importApiKeyDigest(digest: string, options: ImportedKeyGrant): Promise<{ readonly credentialId: string }>
  /** What may be shown of a credential; `undefined` where there is none of that id. */
  describeCredential(id: string): Promise<CredentialDetails | undefined>
  /** Credentials, the oldest first. */
  describeCredentials(filter?: CredentialFilter): Promise<{
    readonly credentials: readonly CredentialDetails[]
    readonly next: string | null
  }>
  /** False where there is none of that id, or it is revoked; so with all that follow. */
  renameCredential(id: string, name: string): Promise<boolean>
  /** Until it is enabled again, by the host or by its owner through `/v1/keys`. To end it for good: `revoke`. */
  disableCredential(id: string): Promise<boolean>
  enableCredential(id: string): Promise<boolean>
  /**
   * A new key for the same credential. The old one counts beside it until the overlap is over, then ends by itself.
   * `undefined` where there is no such API key.
   */
  rotateApiKey(id: string, options?: RotationOptions): Promise<IssuedApiKey | undefined>
  /** A new secret for the same `key_id`. The old one counts beside it until the overlap is over. */
  rotateSharedSecret(id: string, options?: RotationOptions): Promise<IssuedSharedSecret | undefined>
  /**
   * The kill switch. On every instance it holds within `revocationBoundMs`; `gate.revoke` holds on that gate at once.
   * False where there is no credential of that id.
   *
   * @example
   * await store.revoke({ account: 'robots-inc' })
   */
  revoke(target: RevocationTarget): Promise<boolean>
}

/** A store, and what a host does with it. */
export interface ManagedStore extends Store, CredentialManager {}

// Longer than any request may wait: these calls are made by people and scripts.
const TIMEOUT_MS = 10_000

/** Adds the life of credentials to a store's verbs. */
export function withManager<S extends Store>(store: S, clock: Clock): S & CredentialManager {
  return Object.assign(store, manageCredentials(store, clock))
}

/**
 * The life of credentials over any store, such as one of the host's own.
 *
 * @example
 * const credentials = manageCredentials(myStore)
 * const { key } = await credentials.issueApiKey({ accountId: 'robots-inc' })
 */
export function manageCredentials(store: Store, clock: Clock = systemClock): CredentialManager {
  async function add(entry: CredentialEntry): Promise<void> {
    const added = await within((options) => store.addCredential(entry, null, options))
    if (added !== 'added') {
      throw new GateError('ERR_GATE_OPTIONS', ['this credential is already in the store'])
    }
  }

  async function change<Done>(
    id: string,
    make: (entry: CredentialEntry) => { readonly entry: CredentialEntry; readonly issued: Done } | undefined,
  ): Promise<Done | undefined> {
    return within((options) => changeEntry(store, id, make, options))
  }

  async function replaced(id: string, make: (entry: CredentialEntry) => CredentialEntry): Promise<boolean> {
    return (await change(id, (entry) => ({ entry: make(entry), issued: true }))) ?? false
  }

  return {
    async issueApiKey(options) {
      const { issued, entry } = createApiKey(options, clock.wallMs())
      await add(entry)
      return issued
    },
    async issueSharedSecret(grant) {
      const { issued, entry } = createSharedSecret(grant, clock.wallMs())
      await add(entry)
      return issued
    },
    async importApiKeyDigest(digest, grant) {
      const entry = createImportedKey(digest, grant, clock.wallMs())
      await add(entry)
      return { credentialId: entry.id }
    },
    async describeCredential(id) {
      const entry = await within((options) => store.readCredential(id, options))
      return entry && detailsOf(entry)
    },
    async describeCredentials(options = {}) {
      const problems = filterProblems(options)
      if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
      const { limit = 100, ...filter } = options
      const page = await within((options) => store.listCredentials({ ...filter, limit }, options))
      return { credentials: page.entries.map(detailsOf), next: page.next }
    },
    async renameCredential(id, name) {
      if (!isName(name)) throw new GateError('ERR_GATE_OPTIONS', [`name must be ${NAME_RULE}`])
      return replaced(id, (entry) => renamed(entry, name))
    },
    disableCredential: (id) => replaced(id, (entry) => switched(entry, 'disabled')),
    enableCredential: (id) => replaced(id, (entry) => switched(entry, 'active')),
    async rotateApiKey(id, options = {}) {
      const { overlapMs, prefix } = readRotation(options)
      return change(id, (entry) =>
        entry.kind === 'apiKey' ? rotatedKey(entry, overlapMs, clock.wallMs(), prefix) : undefined,
      )
    },
    async rotateSharedSecret(id, options = {}) {
      const { overlapMs } = readRotation(options)
      return change(id, (entry) =>
        entry.kind === 'sharedSecret' ? rotatedSecret(entry, overlapMs, clock.wallMs()) : undefined,
      )
    },
    async revoke(target) {
      const revocation = revocationOf(target, clock.wallMs())
      return within((options) => store.revokeCredentials(revocation, options))
    },
  }
}

const FILTERS = ['accountId', 'revoked', 'after', 'limit'] as const

// A misspelt or empty filter must not list everybody's.
function filterProblems(filter: CredentialFilter): string[] {
  if (!isOptions(filter)) return ['describeCredentials must be given a filter, at least {}']
  const { limit = 100, after, accountId } = filter
  const problems = [
    ...unknownOptions('filter', filter, FILTERS),
    ...undefinedOptions('filter', filter, ['accountId']),
  ]
  if (accountId !== undefined && !isText(accountId))
    problems.push('filter.accountId must be a non-empty string')
  if (!(Number.isSafeInteger(limit) && limit >= 1 && limit <= 1_000)) {
    problems.push('filter.limit must be a whole number from 1 to 1000')
  }
  if (after !== undefined && placeOf(String(after)) === undefined) {
    problems.push('filter.after must be the next of an earlier page')
  }
  return problems
}

function readRotation(options: RotationOptions) {
  const { overlapSeconds = 86_400, prefix = 'sk' } = options ?? {}
  const problems: string[] = []
  if (!isOverlap(overlapSeconds)) {
    problems.push(`overlapSeconds must be a whole number from 0 to ${MAX_OVERLAP_SECONDS}`)
  }
  if (!isPrefix(prefix)) problems.push(`prefix must be ${PREFIX_RULE}`)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  return { overlapMs: overlapSeconds * 1000, prefix }
}

async function within<T>(call: (options: CallOptions) => T | Promise<T>): Promise<T> {
  return callWithin(TIMEOUT_MS, call)
}
