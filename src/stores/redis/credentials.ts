import { type CredentialEntry, credentialOf, lookupKeyOf, lookupKeysOf } from '../../credentials/entry.js'
import { cursorOf } from '../../credentials/page-cursor.js'
import { changeOfCredential } from '../../credentials/revocation.js'
import type { Sealer } from '../../credentials/sealing.js'
import type { Clock } from '../../ports/clock.js'
import type { Added, Change, CredentialVerbs } from '../../ports/store.js'
import { tellArguments } from './changes.js'
import type { RunScript } from './client.js'
import { ADD, CHANGE, FIND, LIST, READ, REVOKE } from './credential-scripts.js'
import { documentOf, entryOf } from './entry-document.js'
import { storedPlaceIn, storedPlaceOf } from './places.js'
import { checkedInteger, checkedText, listOf, textOf, yesOf } from './replies.js'
import { nameOf } from './text.js'

const ADDED: readonly string[] = ['added', 'duplicate', 'full'] satisfies Added[]

/** Credentials in Redis. Every verb is one script. */
export function createCredentials(run: RunScript, clock: Clock, sealer: Sealer): CredentialVerbs {
  function changeNow(id: string): string[] {
    const nowMs = clock.wallMs()
    return tellArguments(changeOfCredential(id, nowMs), nowMs)
  }

  function entryArguments(entry: CredentialEntry): string[] {
    const { id, version, status, revokedAtMs, accountId, createdAtMs, wallets } = entry
    const name = nameOf(id)
    checkedText('createdAtMs', createdAtMs)
    return [
      name,
      checkedInteger('version', version),
      status,
      revokedAtMs === null ? '' : checkedText('revokedAtMs', revokedAtMs),
      nameOf(accountId),
      storedPlaceOf(createdAtMs, id),
      JSON.stringify(lookupKeysOf(entry).map(nameOf)),
      JSON.stringify(wallets.map(nameOf)),
      documentOf(entry, sealer),
    ]
  }

  return {
    async findCredential(lookup) {
      const reply = await run(FIND, nameOf(lookupKeyOf(lookup)))
      return reply === null ? undefined : credentialOf(entryOf(reply, sealer), lookup)
    },
    async addCredential(entry, maxPerAccount) {
      const limit = maxPerAccount === null ? '' : checkedText('maxPerAccount', maxPerAccount)
      const added = textOf(await run(ADD, ...changeNow(entry.id), ...entryArguments(entry), limit))
      if (!ADDED.includes(added)) throw new Error('Redis did not say what became of the entry')
      return added as Added
    },
    async readCredential(id) {
      const reply = await run(READ, nameOf(id))
      return reply === null ? undefined : entryOf(reply, sealer)
    },
    async listCredentials({ accountId, revoked = false, after, limit }) {
      const all = revoked ? '' : 'live'
      const list = accountId === undefined ? all || 'all' : `${all && `${all}-`}account:${nameOf(accountId)}`
      const from = after === undefined ? '-' : `(${storedPlaceIn(after)}`
      const reply = listOf(await run(LIST, list, from, checkedInteger('limit', limit + 1)))
      const documents = reply.filter((_, at) => at % 2 === 1).slice(0, limit)
      const entries = documents.map((document) => entryOf(document, sealer))
      const last = entries.at(-1)
      const isLast = reply.length <= 2 * limit || last === undefined
      return { entries, next: isLast ? null : cursorOf(last) }
    },
    async changeCredential(entry) {
      return yesOf(await run(CHANGE, ...changeNow(entry.id), ...entryArguments(entry)))
    },
    async revokeCredentials(revocation: Change) {
      const { kind, id, atMs } = revocation
      const telling = tellArguments(revocation, clock.wallMs())
      return yesOf(await run(REVOKE, ...telling, kind, nameOf(id), String(atMs)))
    },
  }
}
