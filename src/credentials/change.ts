import type { ApiKeyEntry, CredentialEntry, SharedSecretEntry } from './entry.js'
import { type IssuedApiKey, type IssuedSharedSecret, type Made, newKey, newSecret } from './issue.js'

/** The next version of an entry, under another name. */
export function renamed(entry: CredentialEntry, name: string): CredentialEntry {
  return next(entry, { name })
}

/** The next version of an entry, disabled or active again. */
export function switched(entry: CredentialEntry, status: 'active' | 'disabled'): CredentialEntry {
  return next(entry, { status })
}

/**
 * The next version of an API key: a new key, and the old one beside it until the overlap is over. One that was older
 * still ends at once.
 *
 * @param prefix - Where the entry does not say.
 */
export function rotatedKey(
  entry: ApiKeyEntry,
  overlapMs: number,
  nowMs: number,
  prefix: string,
): Made<IssuedApiKey, ApiKeyEntry> {
  const prefixed = entry.prefix ?? prefix
  const { key, digest, lastFour } = newKey(prefixed)
  const older = overlapMs === 0 ? null : { digest: entry.digest, untilMs: nowMs + overlapMs }
  const changes = { digest, prefix: prefixed, lastFour, older, rotatedAtMs: nowMs }
  return { issued: { credentialId: entry.id, key }, entry: next(entry, changes) }
}

/** The next version of a shared-secret pair: a new secret, and the old one beside it until the overlap is over. */
export function rotatedSecret(
  entry: SharedSecretEntry,
  overlapMs: number,
  nowMs: number,
): Made<IssuedSharedSecret, SharedSecretEntry> {
  const secret = newSecret()
  const older = overlapMs === 0 ? null : { secret: entry.secret, untilMs: nowMs + overlapMs }
  const issued = { credentialId: entry.id, keyId: entry.keyId, sharedSecret: secret }
  return { issued, entry: next(entry, { secret, older, rotatedAtMs: nowMs }) }
}

function next<Entry extends CredentialEntry>(entry: Entry, changes: Partial<Entry>): Entry {
  return Object.freeze({ ...(entry as CredentialEntry), ...changes, version: entry.version + 1 }) as Entry
}
