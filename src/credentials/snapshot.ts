import { types } from 'node:util'
import type { Credential, CredentialLookup } from './credential.js'
import { isAnswerTo, recordFault } from './record-check.js'

const snapshots = new WeakMap<Credential, Credential>()

/**
 * The gate's own frozen copy of a stored record, the same object for as long as the record says the same: what is
 * derived from it (imported keys, the principal) is kept by it. A host that changes a record in place is noticed.
 *
 * @throws Error where the record cannot be the answer to `lookup`.
 */
export function snapshotOf(record: Credential, lookup: CredentialLookup): Credential {
  const known = snapshots.get(record)
  if (known !== undefined && says(record, known) && isAnswerTo(known, lookup)) return known
  const fault = recordFault(record, lookup)
  if (fault !== undefined) throw new Error(`the store answered a record that cannot be used: ${fault}`)
  const snapshot = copyOf(record)
  snapshots.set(record, snapshot)
  return snapshot
}

function copyOf(record: Credential): Credential {
  const { id, accountId, role, environment, expiresAtMs, status } = record
  const wallets = Object.freeze([...record.wallets])
  const scopes = Object.freeze([...record.scopes])
  const common = { id, accountId, wallets, role, scopes, environment, expiresAtMs, status }
  return Object.freeze(
    record.kind === 'apiKey'
      ? { ...common, kind: record.kind, digest: record.digest }
      : {
          ...common,
          kind: record.kind,
          keyId: record.keyId,
          secrets: Object.freeze([...record.secrets]),
          olderUntilMs: record.olderUntilMs ?? null,
        },
  )
}

/** Whether a record says the same for ever, whoever else holds it. */
export function isUnchanging(record: Credential): boolean {
  const lists = [record.wallets, record.scopes, record.kind === 'sharedSecret' ? record.secrets : undefined]
  if ([record, ...lists].some(types.isProxy)) return false
  const descriptors = Object.values(Object.getOwnPropertyDescriptors(record))
  return (
    Object.isFrozen(record) &&
    lists.every((list) => list === undefined || (Array.isArray(list) && Object.isFrozen(list))) &&
    descriptors.every((descriptor) => 'value' in descriptor) &&
    Object.getPrototypeOf(record) === Object.prototype
  )
}

/** Whether a record still says what is known of it. */
export function says(record: Credential | null | undefined, known: Credential): boolean {
  return (
    record?.id === known.id &&
    record.accountId === known.accountId &&
    record.role === known.role &&
    record.environment === known.environment &&
    record.expiresAtMs === known.expiresAtMs &&
    record.status === known.status &&
    sameList(record.wallets, known.wallets) &&
    sameList(record.scopes, known.scopes) &&
    sameKey(record, known)
  )
}

function sameKey(record: Credential, known: Credential): boolean {
  if (record.kind === 'apiKey') return known.kind === 'apiKey' && record.digest === known.digest
  return (
    known.kind === 'sharedSecret' &&
    record.keyId === known.keyId &&
    (record.olderUntilMs ?? null) === known.olderUntilMs &&
    sameList(record.secrets, known.secrets)
  )
}

function sameList(list: readonly string[], known: readonly string[]): boolean {
  if (list?.length !== known.length) return false
  for (let at = 0; at < known.length; at++) {
    if (list[at] !== known[at]) return false
  }
  return true
}
