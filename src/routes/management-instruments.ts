import type { Principal } from '../access.js'
import { Refused } from '../decision.js'
import type { Store } from '../ports/store.js'
import type { Instrument } from '../spend/records.js'
import { attempt } from '../stages/attempt.js'
import type { Wiring } from '../wiring.js'
import { isKeyId } from './key-id.js'

// An account with more credentials than this binds their wallets from the host's own code.
const MAX_PAGES = 10
const PAGE_LIMIT = 1_000

/**
 * Whether a caller may bind an instrument by itself. Who holds a key or a wallet spends under what it is bound to: so
 * an API key must be one of the caller's account, and a wallet the caller's own or that of such a key. Cards and tokens
 * are named by processors, whom a mandate names.
 */
export async function mayBind(
  { config }: Wiring,
  { accountId, wallets }: Principal,
  { type, id }: Instrument,
): Promise<boolean | Refused> {
  const { store, portTimeoutMs } = config
  if (type === 'card' || type === 'token') return true
  if (type === 'wallet' && wallets.includes(id)) return true
  // Where the host keeps credentials itself nobody can say whose they are.
  if (store === undefined) return false
  if (type === 'wallet') return isWalletOf(store, portTimeoutMs, accountId, id)
  if (!isKeyId(id)) return false
  const entry = await attempt('store', portTimeoutMs, (options) => store.readCredential(id, options))
  if (entry instanceof Refused) return entry
  return entry?.accountId === accountId && entry.status !== 'revoked'
}

async function isWalletOf(
  store: Store,
  timeoutMs: number,
  accountId: string,
  wallet: string,
): Promise<boolean | Refused> {
  let after: string | undefined
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = { accountId, limit: PAGE_LIMIT, ...(after !== undefined && { after }) }
    const page = await attempt('store', timeoutMs, (options) => store.listCredentials(query, options))
    if (page instanceof Refused) return page
    if (page.entries.some(({ wallets }) => wallets.includes(wallet))) return true
    if (page.next === null) return false
    after = page.next
  }
  return false
}
