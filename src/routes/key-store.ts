import type { Principal } from '../access.js'
import { changeEntry } from '../credentials/change-entry.js'
import type { ApiKeyEntry, CredentialEntry } from '../credentials/entry.js'
import type { Made } from '../credentials/issue.js'
import { Refused, refused } from '../decision.js'
import type { CallOptions } from '../ports/call-options.js'
import type { CredentialPage, CredentialQuery, Store, UsageQuery, UsageSum } from '../ports/store.js'
import { endNow } from '../revoke.js'
import { attempt } from '../stages/attempt.js'
import type { Wiring } from '../wiring.js'

/** What signed-in wallets may do with keys: only their own are there. */
export interface KeyStore {
  add(entry: ApiKeyEntry, maxPerAccount: number): Promise<undefined | Refused>
  list(owner: Principal, query: Omit<CredentialQuery, 'accountId'>): Promise<CredentialPage | Refused>
  find(owner: Principal, id: string): Promise<ApiKeyEntry | Refused>
  change<Issued>(
    owner: Principal,
    id: string,
    make: (entry: ApiKeyEntry) => Made<Issued, CredentialEntry>,
  ): Promise<Issued | Refused>
  revoke(owner: Principal, id: string): Promise<undefined | Refused>
  usage(query: UsageQuery): Promise<readonly UsageSum[] | Refused>
}

const CHANGE_KEPT_MS = 3_600_000
// No id that this package gives looks otherwise, so no store is asked for it.
const ID = /^[A-Za-z0-9_-]{1,64}$/
const NOT_FOUND = refused('not_found', {})
const FULL = refused('body_invalid', {
  problem: 'This account has as many keys as it may have; revoke one first',
})

/** Makes it over a gate's store. A foreign id answers exactly as an unknown one. */
export function createKeyStore(wiring: Wiring, store: Store): KeyStore {
  const { clock, portTimeoutMs } = wiring.config
  const call = async <T>(verb: (options: CallOptions) => T | Promise<T>) =>
    attempt('store', portTimeoutMs, verb)

  function isOwn(entry: CredentialEntry | undefined, owner: Principal): entry is ApiKeyEntry {
    return entry?.kind === 'apiKey' && entry.accountId === owner.accountId
  }

  // Here it holds at once; elsewhere within the bound.
  function note(id: string): void {
    const atMs = clock.wallMs()
    wiring.credentials.note({ kind: 'credential', id, atMs, untilMs: atMs + CHANGE_KEPT_MS })
  }

  async function find(owner: Principal, id: string): Promise<ApiKeyEntry | Refused> {
    if (!ID.test(id)) return NOT_FOUND
    const entry = await call((options) => store.readCredential(id, options))
    if (entry instanceof Refused) return entry
    return isOwn(entry, owner) ? entry : NOT_FOUND
  }

  return {
    find,
    async add(entry, maxPerAccount) {
      const added = await call((options) => store.addCredential(entry, maxPerAccount, options))
      if (added instanceof Refused) return added
      if (added === 'full') return FULL
      if (added === 'added') return undefined
      const cause = new Error('the store has a key of the same random id')
      return refused('dependency_unavailable', { dependency: 'store', cause })
    },
    list: ({ accountId }, query) =>
      call((options) => store.listCredentials({ ...query, accountId }, options)),
    async change(owner, id, make) {
      if (!ID.test(id)) return NOT_FOUND
      const issued = await call(async (options) => {
        const changed = await changeEntry(
          store,
          id,
          (entry) => {
            if (!isOwn(entry, owner)) return undefined
            const made = make(entry)
            return { entry: made.entry, issued: made }
          },
          options,
        )
        return changed
      })
      note(id)
      if (issued instanceof Refused) return issued
      return issued === undefined ? NOT_FOUND : issued.issued
    },
    async revoke(owner, id) {
      const entry = await find(owner, id)
      if (entry instanceof Refused) return entry
      if (entry.status === 'revoked') return NOT_FOUND
      const atMs = clock.wallMs()
      const ended = await endNow(wiring, { kind: 'credential', id, atMs, untilMs: atMs + CHANGE_KEPT_MS })
      return ended instanceof Refused ? ended : undefined
    },
    usage: (query) => call((options) => store.readUsage(query, options)),
  }
}
