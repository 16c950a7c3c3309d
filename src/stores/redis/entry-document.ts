import { type CredentialEntry, copyOfEntry } from '../../credentials/entry.js'
import type { Sealer } from '../../credentials/sealing.js'
import { listOf, numberOf, textOf } from './replies.js'

/**
 * An entry as JSON, its secrets sealed, without what scripts change by themselves. Scripts never look into it: their Lua
 * makes `{}` of an empty list, and rounds numbers.
 */
export function documentOf(entry: CredentialEntry, sealer: Sealer): string {
  const { version: _v, status: _s, revokedAtMs: _r, ...kept } = entry
  if (kept.kind === 'apiKey') return JSON.stringify(kept)
  const { id, secret, older } = kept
  return JSON.stringify({
    ...kept,
    secret: sealer.seal(secret, placeOf(id, 'secret')),
    older: older && { ...older, secret: sealer.seal(older.secret, placeOf(id, 'older')) },
  })
}

/** An entry from its version, status, time of revocation and document. */
export function entryOf(reply: unknown, sealer: Sealer): CredentialEntry {
  const [version, status, revokedAt, document] = listOf(reply)
  const kept = JSON.parse(textOf(document)) as CredentialEntry
  const revokedAtText = textOf(revokedAt)
  const own = {
    status: textOf(status) as CredentialEntry['status'],
    revokedAtMs: revokedAtText === '' ? null : numberOf(revokedAtText),
    version: numberOf(version),
  }
  if (kept.kind === 'apiKey') return copyOfEntry({ ...kept, ...own })
  return copyOfEntry({ ...kept, ...openedOf(kept, sealer), ...own })
}

/**
 * A document with every secret sealed with the newest key, and how many had to be.
 *
 * @throws Error where one does not open.
 */
export function resealed(
  document: string,
  sealer: Sealer,
): { readonly document: string; readonly count: number } {
  const kept = JSON.parse(document) as CredentialEntry
  if (kept.kind === 'apiKey') return { document, count: 0 }
  const { secret, older } = openedOf(kept, sealer)
  const sealed = older === null || kept.older === null ? [kept.secret] : [kept.secret, kept.older.secret]
  const count = sealed.filter((text) => !sealer.isCurrent(text)).length
  return { document: count === 0 ? document : documentOf({ ...kept, secret, older }, sealer), count }
}

function openedOf({ id, secret, older }: Sealed, sealer: Sealer): Pick<Sealed, 'secret' | 'older'> {
  return {
    secret: sealer.open(secret, placeOf(id, 'secret')),
    older: older && { ...older, secret: sealer.open(older.secret, placeOf(id, 'older')) },
  }
}

type Sealed = Extract<CredentialEntry, { kind: 'sharedSecret' }>

const placeOf = (id: string, which: 'secret' | 'older') => `credential:${id}:${which}`
