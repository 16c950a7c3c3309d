import { apiKey, type Clock, createGate, type DecisionEvent, deny, sharedSecretJwt } from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { memoryStore } from 'sallyport/stores/memory'

/** What the example merchant needs to know. */
export interface MerchantOptions {
  readonly rpcUrl: string
  readonly mint: string
  readonly onDecision?: (event: DecisionEvent) => void
  readonly clock?: Clock
}

/** The merchant's gates: the same for every framework. */
export function createGates({ rpcUrl, mint, ...options }: MerchantOptions) {
  const store = memoryStore()
  const gate = createGate({
    store,
    methods: [apiKey({ prefix: 'acto' }), sharedSecretJwt()],
    balances: solanaBalances({ rpcUrl }),
    ...options,
  })
  return {
    store,
    gate,
    /** Robots and their owners: an API key, a wallet, and 50,000 ACTO in it. */
    members: gate.with({ methods: ['apiKey'], balance: { mint, minimum: '50000', symbol: 'ACTO' } }),
    /** Payment processors, with tokens they mint themselves. */
    processors: gate.with({ methods: ['sharedSecretJwt'], role: 'processor' }),
    /** Whoever the merchant's own rule lets refund. */
    refunders: gate.with({
      policy: ({ access }) => access.principal.scopes.includes('refunds') || deny('refunds_not_allowed'),
    }),
  }
}

export type Gates = ReturnType<typeof createGates>
