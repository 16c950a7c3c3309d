import { apiKey, type BalanceSource, createGate, type Gate, sharedSecretJwt } from 'sallyport'
import { AUDIENCE, type Caller, type Presented } from './credentials.js'

const MINT = 'So11111111111111111111111111111111111111112'

/** A chain that is always there: what is measured is the gate, and a warm gate does not ask. */
const chain: BalanceSource = {
  read: () => ({ amount: 60_000n * 10n ** 9n, decimals: 9, slot: 1, exact: true }),
  readMint: () => ({ decimals: 9 }),
}

/**
 * The gate that is measured: a credential, the wallet of the header, a balance and one policy. All else is as it comes,
 * but for the balance, which is kept for longer than the longest run.
 */
export function createMembers({ store }: Pick<Caller, 'store'>, presented: Presented): Gate {
  const gate = createGate({
    store,
    methods: [apiKey(), sharedSecretJwt({ audience: AUDIENCE })],
    balances: chain,
    balanceCache: { ttlMs: 3_600_000 },
  })
  return gate.with({
    methods: [presented === 'apiKey' ? 'apiKey' : 'sharedSecretJwt'],
    balance: { mint: MINT, minimum: '50000', symbol: 'ACTO' },
    policy: ({ access }) => access.principal.accountId === 'robots-inc',
  })
}
