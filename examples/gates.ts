import {
  apiKey,
  type Clock,
  createGate,
  type DecisionEvent,
  deny,
  type ManagedStore,
  type SpendStore,
  sharedSecretJwt,
  walletSession,
} from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'

/** What the example merchant needs to know. */
export interface MerchantOptions {
  /** Where keys, sessions, counts and budgets are kept, for example `sqliteStore({ file, sealingKeys })`. */
  readonly store: ManagedStore & SpendStore
  /** Where the merchant's API lives: what wallets sign in to. */
  readonly origin: string
  readonly sessionSecrets: readonly string[]
  readonly rpcUrl: string
  readonly mint: string
  readonly onDecision?: (event: DecisionEvent) => void
  readonly clock?: Clock
}

/** The merchant's gates: the same for every framework. */
export function createGates({ store, origin, sessionSecrets, rpcUrl, mint, ...options }: MerchantOptions) {
  const gate = createGate({
    store,
    methods: [
      apiKey({ prefix: 'acto' }),
      sharedSecretJwt(),
      walletSession({ origin, secrets: sessionSecrets }),
    ],
    balances: solanaBalances({ rpcUrl }),
    ...options,
  })
  return {
    store,
    gate,
    /** Robots and their owners: an API key or a session, a wallet, and 50,000 ACTO in it. */
    members: gate.with({
      methods: ['apiKey', 'walletSession'],
      balance: { mint, minimum: '50000', symbol: 'ACTO' },
    }),
    /** Payment processors, with tokens they mint themselves. */
    processors: gate.with({ methods: ['sharedSecretJwt'], role: 'processor' }),
    /** Whoever the merchant's own rule lets refund. */
    refunders: gate.with({
      policy: ({ access }) => access.principal.scopes.includes('refunds') || deny('refunds_not_allowed'),
    }),
  }
}

export type Gates = ReturnType<typeof createGates>
