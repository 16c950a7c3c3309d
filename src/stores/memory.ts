import type { Credential } from '../credentials/credential.js'
import {
  type CredentialGrant,
  createApiKey,
  createApiKeyRecord,
  createSharedSecret,
  type IssuedApiKey,
  type IssuedSharedSecret,
} from '../credentials/issue.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import { soundClock, systemClock } from '../system-clock.js'

/** A store for one process: everything is gone when it ends. */
export interface MemoryStore extends Store {
  /**
   * Makes an API key. The key itself is only in the answer; the store keeps its digest.
   *
   * @param options.prefix - As in `apiKey({ prefix })`. Default `sk`.
   * @throws GateError `ERR_GATE_OPTIONS`
   * @example
   * const { key } = await store.issueApiKey({ prefix: 'acto', accountId: 'robots-inc', wallets: [wallet] })
   */
  issueApiKey(options: CredentialGrant & { readonly prefix?: string }): Promise<IssuedApiKey>
  /** Makes a `key_id` and a shared secret for JWTs that the caller mints. */
  issueSharedSecret(options: CredentialGrant): Promise<IssuedSharedSecret>
  /** Takes over a key that exists elsewhere, by the SHA-256 of the whole key in lower-case hex. */
  importApiKeyDigest(digest: string, options: CredentialGrant): Promise<{ readonly credentialId: string }>
  /** Ends a credential at once. False where there is none of that id. */
  revoke(credentialId: string): Promise<boolean>
}

export interface MemoryStoreOptions {
  /** For how long a claim is remembered. Default the machine's. */
  readonly clock?: Clock
}

const MAX_CLAIMS = 1_000_000

/**
 * Keeps credentials and claims in this process.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const store = memoryStore()
 * const gate = createGate({ store })
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const problems = isOptions(options)
    ? [
        ...unknownOptions('memoryStore', options, ['clock']),
        ...clockProblems('memoryStore.clock', options.clock),
      ]
    : ['memoryStore must be given options, at least {}']
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const clock = soundClock(options.clock ?? systemClock)
  const byLookup = new Map<string, Credential>()
  const lookupOfId = new Map<string, string>()
  const claims = createClaims(clock)

  function add(lookup: string, record: Credential): void {
    if (byLookup.has(lookup))
      throw new GateError('ERR_GATE_OPTIONS', ['this credential is already in the store'])
    byLookup.set(lookup, record)
    lookupOfId.set(record.id, lookup)
  }

  return {
    findCredential: (lookup) =>
      byLookup.get(lookup.kind === 'apiKey' ? keyOfDigest(lookup.digest) : keyOfKeyId(lookup.keyId)),
    claim: claims,
    async issueApiKey(options) {
      const { prefix = 'sk', ...grant } = options ?? {}
      const { issued, record } = createApiKey(prefix, grant)
      add(keyOfDigest(record.digest), record)
      return issued
    },
    async issueSharedSecret(grant) {
      const { issued, record } = createSharedSecret(grant)
      add(keyOfKeyId(record.keyId), record)
      return issued
    },
    async importApiKeyDigest(digest, grant) {
      const record = createApiKeyRecord(digest, grant)
      add(keyOfDigest(digest), record)
      return { credentialId: record.id }
    },
    async revoke(credentialId) {
      const lookup = lookupOfId.get(credentialId)
      const record = lookup === undefined ? undefined : byLookup.get(lookup)
      if (lookup === undefined || record === undefined) return false
      byLookup.set(lookup, Object.freeze({ ...record, status: 'revoked' }))
      return true
    },
  }
}

const keyOfDigest = (digest: string) => `digest:${digest}`
const keyOfKeyId = (keyId: string) => `key_id:${keyId}`

interface Claim {
  /** When it is over by the monotonic clock, from what it had left by the wall clock when it was made. */
  readonly untilMs: number
  /** When it is over by the wall clock. */
  readonly expiresAtMs: number
}

const LEAST_PRUNING_INTERVAL_MS = 1_000
const PRUNE_FROM = 1_024

/** A claim is over when both clocks say so: one that is stepped, either way, neither forgets nor revives anything. */
function createClaims(clock: Clock): Store['claim'] {
  const claims = new Map<string, Claim>()
  let pruneAt = PRUNE_FROM
  let prunedAtMs = Number.NEGATIVE_INFINITY

  const isOver = ({ untilMs, expiresAtMs }: Claim) =>
    untilMs <= clock.monotonicMs() && expiresAtMs <= clock.wallMs()

  // The work is spread: at twice what was left the last time, and where the store is full once a second at most.
  function prune(nowMs: number): void {
    if (claims.size < Math.min(pruneAt, MAX_CLAIMS)) return
    if (claims.size >= MAX_CLAIMS && nowMs - prunedAtMs < LEAST_PRUNING_INTERVAL_MS) return
    for (const [key, claim] of claims) {
      if (isOver(claim)) claims.delete(key)
    }
    prunedAtMs = nowMs
    pruneAt = Math.max(PRUNE_FROM, claims.size * 2)
  }

  return (key, expiresAtMs) => {
    const known = claims.get(key)
    if (known !== undefined && !isOver(known)) return false
    const nowMs = clock.monotonicMs()
    prune(nowMs)
    if (claims.size >= MAX_CLAIMS) throw new Error(`more than ${MAX_CLAIMS} claims are held at once`)
    claims.set(key, { untilMs: nowMs + Math.max(0, expiresAtMs - clock.wallMs()), expiresAtMs })
    return true
  }
}
