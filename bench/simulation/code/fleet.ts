import { createHash } from 'node:crypto'
import {
  apiKey,
  type BalanceStore,
  type Credential,
  type CredentialLookup,
  createGate,
  type Gate,
  type KeptBalance,
  type Store,
  toGateRequest,
} from 'sallyport'
import { cached, shared } from 'sallyport/balances'
import { solanaBalances } from 'sallyport/balances/solana'
import { memoryStore } from 'sallyport/stores/memory'
import { nothingSeen, type Rules, type Seen } from '../rules.js'
import { arrivals, type Traffic } from '../traffic.js'
import { beginNode, type NodeStandIn } from './node.js'
import { beginVirtualTime, type VirtualTime } from './virtual-time.js'

/** What others see of the package itself, on the same traffic and by the same rules, in virtual time. */
export async function observe(traffic: Traffic, rules: Rules, requests: number): Promise<Seen> {
  const node = beginNode(traffic.wallets, rules.rpcLatencyMs)
  const time = beginVirtualTime()
  try {
    const seen = nothingSeen()
    await sendAll(traffic, rules, requests, node, time, seen)
    return { ...seen, rpcRequests: node.seen.requests, walletsRead: node.seen.wallets }
  } finally {
    time.end()
    node.end()
  }
}

async function sendAll(
  traffic: Traffic,
  rules: Rules,
  requests: number,
  node: NodeStandIn,
  time: VirtualTime,
  seen: Seen,
): Promise<void> {
  const keys = node.owners.map((_, at) => `sk_${createHash('sha256').update(`${at}`).digest('base64url')}`)
  const store = countingStore(keys, node.owners, seen)
  const balanceStore = countingBalances(time, seen)
  const gates = Array.from({ length: traffic.processes }, () =>
    gateOf(store, balanceStore, rules, node, time),
  )
  const refused: string[] = []

  for (const { atMs, wallet, process } of arrivals(traffic)) {
    await time.advanceTo(atMs)
    if (seen.requests === requests) break
    seen.requests++
    const rawHeaders = [
      'Authorization',
      `Bearer ${keys[wallet]}`,
      'X-Wallet-Address',
      node.owners[wallet] ?? '',
    ]
    const decision = gates[process]?.(
      toGateRequest({ method: 'GET', rawHeaders, headers: {} }, '/', {}, () => '/'),
    )
    void Promise.resolve(decision).then((known) => {
      if (known?.type !== 'allow') refused.push(known?.code ?? 'no gate')
    })
  }
  if (refused.length > 0) throw new Error(`${refused.length} requests were refused: ${refused[0]}`)
}

function gateOf(
  store: Store,
  balanceStore: BalanceStore,
  rules: Rules,
  { mint }: NodeStandIn,
  { clock }: VirtualTime,
): Gate {
  const chain = solanaBalances({ rpcUrl: 'http://node.invalid' })
  const { balanceTtlMs: ttlMs, staleWhileRevalidateMs, maxBalances: maxEntries, sharedTtlMs } = rules
  const source = rules.isShared ? shared(chain, { store: balanceStore, ttlMs: sharedTtlMs, clock }) : chain
  return createGate({
    store,
    clock,
    methods: [apiKey()],
    balances: cached(source, { clock, ttlMs, staleWhileRevalidateMs, maxEntries }),
    credentialCache: { maxEntries: rules.maxCredentials },
    revocationBoundMs: Math.max(2_000, rules.pollMs),
    usage: { flushIntervalMs: rules.flushIntervalMs },
  }).with({ balance: { mint, minimum: '50000', symbol: 'ACTO' } })
}

/** A store with a credential for every wallet, in which nothing is ever changed. */
function countingStore(keys: readonly string[], owners: readonly string[], seen: Seen): Store {
  const placeOf = new Map(keys.map((key, at) => [createHash('sha256').update(key).digest('hex'), at]))
  return {
    ...memoryStore(),
    async findCredential(lookup) {
      seen.credentialReads++
      return credentialOf(lookup, placeOf, owners)
    },
    async changesSince() {
      seen.feedPolls++
      return { changes: [], cursor: '0', hasMore: false }
    },
    async addUsage({ counts }) {
      seen.usageBatches++
      seen.usageCounts += counts.length
    },
  }
}

function credentialOf(
  lookup: CredentialLookup,
  placeOf: ReadonlyMap<string, number>,
  owners: readonly string[],
): Credential | undefined {
  const digest = lookup.kind === 'apiKey' ? lookup.digest : ''
  const at = placeOf.get(digest)
  const owner = at === undefined ? undefined : owners[at]
  if (owner === undefined) return undefined
  const rights = { role: null, scopes: [], environment: null, expiresAtMs: null, status: 'active' } as const
  return { kind: 'apiKey', id: `cred_${at}`, digest, accountId: `account_${at}`, wallets: [owner], ...rights }
}

function countingBalances({ clock }: VirtualTime, seen: Seen): BalanceStore {
  const kept = new Map<
    string,
    { readonly balance: KeptBalance; readonly keptAtMs: number; readonly ttlMs: number }
  >()
  return {
    async readBalance({ owner }) {
      seen.sharedReads++
      const known = kept.get(owner)
      const ageMs = clock.monotonicMs() - (known?.keptAtMs ?? 0)
      return known !== undefined && ageMs < known.ttlMs ? { ...known.balance, ageMs } : undefined
    },
    async keepBalance({ owner }, { amount, decimals, slot, exact }, ttlMs) {
      seen.sharedWrites++
      const balance = { amount, decimals, slot, exact, ageMs: 0 }
      kept.set(owner, { balance, keptAtMs: clock.monotonicMs(), ttlMs })
    },
  }
}
