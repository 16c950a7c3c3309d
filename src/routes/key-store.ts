import { changeEntry } from '../credentials/change-entry.js'
import type { SessionMark } from '../credentials/ended-sessions.js'
import type { ApiKeyEntry, CredentialEntry } from '../credentials/entry.js'
import type { Made } from '../credentials/issue.js'
import { changeOfCredential } from '../credentials/revocation.js'
import { Refused, refused } from '../decision.js'
import type { CallOptions } from '../ports/call-options.js'
import type { CredentialQuery, Store, UsageQuery, UsageSum } from '../ports/store.js'
import { endNow } from '../revoke.js'
import { attempt } from '../stages/attempt.js'
import type { Wiring } from '../wiring.js'
import { isKeyId } from './key-id.js'

/** Who asks: an account, by a session that may be ended while it asks. */
export interface KeyOwner {
  readonly accountId: string
  readonly session: SessionMark
}

/** What signed-in wallets may do with keys: only those are there that they have made. */
export interface KeyStore {
  add(owner: KeyOwner, entry: ApiKeyEntry, maxPerAccount: number): Promise<undefined | Refused>
  list(owner: KeyOwner, query: Omit<CredentialQuery, 'accountId'>): Promise<KeyPage | Refused>
  find(owner: KeyOwner, id: string): Promise<ApiKeyEntry | Refused>
  change<Issued>(
    owner: KeyOwner,
    id: string,
    make: (entry: ApiKeyEntry) => Made<Issued, CredentialEntry>,
  ): Promise<Issued | Refused>
  revoke(owner: KeyOwner, id: string): Promise<undefined | Refused>
  usage(query: UsageQuery): Promise<readonly UsageSum[] | Refused>
}

/** Keys, the oldest first. */
export interface KeyPage {
  readonly keys: readonly ApiKeyEntry[]
  readonly next: string | null
}

const SESSION_ENDED = refused('credential_invalid', {
  presented: 'token',
  hint: 'the session was ended meanwhile',
})
const NOT_FOUND = refused('not_found', {})
const FULL = refused('body_invalid', {
  problem: 'This account has as many keys as it may have; revoke one first',
})

/** Makes it over a gate's store. A foreign id answers exactly as an unknown one. */
export function createKeyStore(wiring: Wiring, store: Store): KeyStore {
  const { clock, portTimeoutMs } = wiring.config
  const call = async <T>(verb: (options: CallOptions) => T | Promise<T>) =>
    attempt('store', portTimeoutMs, verb)

  function isOwn(entry: CredentialEntry | undefined, owner: KeyOwner): entry is ApiKeyEntry {
    // What the host has issued to the account is the host's to run.
    return (
      entry?.kind === 'apiKey' && entry.accountId === owner.accountId && entry.createdBy === owner.accountId
    )
  }

  // Here it holds at once; elsewhere within the bound.
  function note(id: string): void {
    wiring.credentials.note(changeOfCredential(id, clock.wallMs()), true)
  }

  async function find(owner: KeyOwner, id: string): Promise<ApiKeyEntry | Refused> {
    if (!isKeyId(id)) return NOT_FOUND
    const entry = await call((options) => store.readCredential(id, options))
    if (entry instanceof Refused) return entry
    return isOwn(entry, owner) ? entry : NOT_FOUND
  }

  // What ended the session before the key was there has not ended the key.
  async function outlived({ session }: KeyOwner, id: string): Promise<undefined | Refused> {
    const ended = await wiring.credentials.hasEndedByNow(session)
    if (ended === false) return undefined
    const revoked = await endNow(wiring, changeOfCredential(id, clock.wallMs()))
    if (ended instanceof Refused) return maybeDone(ended)
    return revoked instanceof Refused ? maybeDone(revoked) : SESSION_ENDED
  }

  return {
    find,
    async add(owner, entry, maxPerAccount) {
      const added = await call((options) => store.addCredential(entry, maxPerAccount, options))
      if (added instanceof Refused) return maybeDone(added)
      if (added === 'full') return FULL
      if (added === 'added') return outlived(owner, entry.id)
      const cause = new Error('the store has a key of the same random id')
      return refused('dependency_unavailable', { dependency: 'store', cause })
    },
    async list(owner, query) {
      const { accountId } = owner
      const page = await call((options) => store.listCredentials({ ...query, accountId }, options))
      if (page instanceof Refused) return page
      return { keys: page.entries.filter((entry) => isOwn(entry, owner)), next: page.next }
    },
    async change(owner, id, make) {
      if (!isKeyId(id)) return NOT_FOUND
      const ended = await wiring.credentials.hasEndedByNow(owner.session)
      if (ended !== false) return ended === true ? SESSION_ENDED : ended
      const issued = await call((options) =>
        changeEntry(
          store,
          id,
          (entry) => {
            if (!isOwn(entry, owner)) return undefined
            const made = make(entry)
            return { entry: made.entry, issued: made }
          },
          options,
        ),
      )
      note(id)
      if (issued instanceof Refused) return maybeDone(issued)
      return issued === undefined ? NOT_FOUND : issued.issued
    },
    async revoke(owner, id) {
      const entry = await find(owner, id)
      if (entry instanceof Refused) return entry
      if (entry.status === 'revoked') return NOT_FOUND
      const ended = await endNow(wiring, changeOfCredential(id, clock.wallMs()))
      return ended instanceof Refused ? ended : undefined
    },
    usage: (query) => call((options) => store.readUsage(query, options)),
  }
}

// An outage in the middle of a change says nothing of what became of it.
function maybeDone(outage: Refused): Refused {
  const { reason } = outage
  if (reason.code !== 'dependency_unavailable') return outage
  return refused('dependency_unavailable', {
    dependency: reason.dependency,
    cause: reason.cause,
    maybeDone: true,
  })
}
