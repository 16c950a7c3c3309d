import { solanaBalances } from 'sallyport/balances/solana'
import { ALICE, BOB, MINT } from '../../support/addresses.js'
import { type FaultRpc, startFaultRpc } from '../../support/rpc/fault-rpc.js'
import { ACTO, ask, gateKit, type Seen } from './gate-kit.js'
import { outcomeOf, query, untilEnded } from './readings.js'

export const TOKEN = 10n ** 9n
/** What Alice holds: enough. Bob holds one token: not enough. */
export const ENOUGH = 60_000n * TOKEN

/** Loading the library takes longer than the deadlines of tests. */
const loaded = import('@solana/web3.js')

/** A server with Alice's and Bob's accounts on it. */
export async function startTokenRpc(): Promise<FaultRpc> {
  await loaded
  const rpc = await startFaultRpc()
  rpc.setMint(MINT, { decimals: 9 })
  rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH }])
  rpc.setAccounts(BOB, MINT, [{ amount: TOKEN }])
  // The first call of a process takes longer than the deadlines of tests, too.
  await readFrom(solanaBalances({ rpcUrl: rpc.url, timeoutMs: 10_000 }))
  rpc.reset()
  return rpc
}

/** What a reading of `owner` comes to. */
export async function readFrom(
  source: ReturnType<typeof solanaBalances>,
  owner = ALICE,
  mint = MINT,
): Promise<bigint | 'rejected'> {
  return outcomeOf(source.read(query({ owner, mint }), untilEnded()))
}

/** A gate that has never read anything, over endpoints that may fail. */
export async function solanaGate(rpcUrls: readonly string[], timeoutMs = 10_000) {
  const { gate, request, events } = await gateKit({
    balances: solanaBalances({ rpcUrls, timeoutMs }),
    portTimeoutMs: 10_000,
  })
  const members = gate.with({ balance: ACTO })
  return {
    gate,
    events,
    seen: (wallet?: string): Promise<Seen> => ask(members, request(wallet)),
  }
}
