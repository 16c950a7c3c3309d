import type { Credential } from '../../credentials/credential.js'
import {
  type CredentialEntry,
  copyOfEntry,
  credentialOf,
  lookupKeyOf,
  lookupKeysOf,
} from '../../credentials/entry.js'
import { cursorOf, inOrder, type Place, placeOf } from '../../credentials/page-cursor.js'
import { changeOfCredential } from '../../credentials/revocation.js'
import type { Clock } from '../../ports/clock.js'
import type { Change, CredentialVerbs } from '../../ports/store.js'
import type { ChangeLog } from './changes.js'

/** Credentials in one process. Every verb is one turn of the event loop, so each happens whole. */
export function createCredentials(clock: Clock, changes: ChangeLog): CredentialVerbs {
  const entries = new Map<string, CredentialEntry>()
  const idsOfAccount = new Map<string, Set<string>>()
  /** How many are not revoked: tombstones need not be counted each time. */
  const liveOfAccount = new Map<string, number>()
  const idOfLookup = new Map<string, string>()
  // The gate keeps what it derives from a record by the record itself, so each is made once. A gate asks with every
  // request: no key is put together for it.
  const found = { apiKey: new Map<string, Credential>(), sharedSecret: new Map<string, Credential>() }

  function put(entry: CredentialEntry): void {
    const before = entries.get(entry.id)
    if (before !== undefined) forget(before)
    countLive(before, -1)
    countLive(entry, 1)
    for (const key of lookupKeysOf(entry)) idOfLookup.set(key, entry.id)
    const kept = copyOfEntry(entry)
    entries.set(entry.id, kept)
    const ids = idsOfAccount.get(kept.accountId) ?? new Set()
    idsOfAccount.set(kept.accountId, ids.add(kept.id))
  }

  function forget(entry: CredentialEntry): void {
    for (const key of lookupKeysOf(entry)) idOfLookup.delete(key)
    if (entry.kind === 'sharedSecret') found.sharedSecret.delete(entry.keyId)
    else for (const key of [entry.digest, entry.older?.digest ?? '']) found.apiKey.delete(key)
  }

  function countLive(entry: CredentialEntry | undefined, by: 1 | -1): void {
    if (entry === undefined || entry.status === 'revoked') return
    liveOfAccount.set(entry.accountId, (liveOfAccount.get(entry.accountId) ?? 0) + by)
  }

  function tell(id: string): void {
    changes.add(changeOfCredential(id, clock.wallMs()))
  }

  function isTaken(entry: CredentialEntry): boolean {
    return lookupKeysOf(entry).some((key) => (idOfLookup.get(key) ?? entry.id) !== entry.id)
  }

  function entriesOf(accountId: string | undefined): CredentialEntry[] {
    if (accountId === undefined) return [...entries.values()]
    return [...(idsOfAccount.get(accountId) ?? [])].flatMap((id) => entries.get(id) ?? [])
  }

  function targetsOf({ kind, id }: Change): CredentialEntry[] {
    if (kind === 'account') return entriesOf(id)
    if (kind === 'all') return entriesOf(undefined)
    if (kind === 'wallet') return entriesOf(undefined).filter(({ wallets }) => wallets.includes(id))
    const entry = kind === 'credential' ? entries.get(id) : undefined
    return entry === undefined ? [] : [entry]
  }

  return {
    findCredential(lookup) {
      const name = lookup.kind === 'apiKey' ? lookup.digest : lookup.keyId
      const known = found[lookup.kind].get(name)
      if (known !== undefined) return known
      const entry = entries.get(idOfLookup.get(lookupKeyOf(lookup)) ?? '')
      const credential = entry && credentialOf(entry, lookup)
      if (credential !== undefined) found[lookup.kind].set(name, credential)
      return credential
    },
    addCredential(entry, maxPerAccount) {
      if (entries.has(entry.id) || isTaken(entry)) return 'duplicate'
      const live = liveOfAccount.get(entry.accountId) ?? 0
      if (maxPerAccount !== null && live >= maxPerAccount) return 'full'
      put(entry)
      tell(entry.id)
      return 'added'
    },
    readCredential: (id) => entries.get(id),
    listCredentials({ accountId, revoked = false, after, limit }) {
      const isBehind = after === undefined ? () => true : behind(after)
      const all = entriesOf(accountId)
        .filter((entry) => (revoked || entry.status !== 'revoked') && isBehind(entry))
        .sort(inOrder)
      const page = all.slice(0, limit)
      const last = page.at(-1)
      return { entries: page, next: all.length > limit && last !== undefined ? cursorOf(last) : null }
    },
    changeCredential(entry) {
      const stored = entries.get(entry.id)
      if (stored === undefined || stored.status === 'revoked') return false
      if (stored.version !== entry.version - 1 || isTaken(entry)) return false
      put(entry)
      tell(entry.id)
      return true
    },
    revokeCredentials(revocation) {
      const targets = targetsOf(revocation)
      for (const entry of targets) {
        if (entry.status === 'revoked') continue
        const { atMs: revokedAtMs } = revocation
        put({ ...entry, status: 'revoked', revokedAtMs, version: entry.version + 1 })
      }
      if (revocation.kind === 'credential' && targets.length === 0) return false
      changes.add(revocation)
      return true
    },
  }
}

function behind(cursor: string): (entry: Place) => boolean {
  const place = placeOf(cursor)
  if (place === undefined) throw new Error('this is no cursor of the store')
  return (entry) => inOrder(entry, place) > 0
}
