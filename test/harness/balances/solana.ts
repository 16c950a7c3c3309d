import { solanaBalances } from 'sallyport/balances/solana'
import type { BalanceFault, BalanceHarness } from '../../contract/balance-contract.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../../support/addresses.js'
import { amountFaults, answerFaults, type Fault, faults, startFaultRpc } from '../../support/rpc/fault-rpc.js'

const AMOUNT = 2n ** 63n + 1n
const DECIMALS = 9

const known: readonly BalanceFault[] = [
  ...answerFaults.map((name) => ({ name, mintsToo: true })),
  ...amountFaults.map((name) => ({ name, mintsToo: false })),
]

/** Faults that only a deadline ends. */
const HANGING: readonly string[] = ['silent', 'slow-body']

/** Loading the library takes longer than the deadlines of tests. */
const loaded = import('@solana/web3.js')

export const solanaHarness: BalanceHarness = {
  faults: known,
  async open(fault = 'none') {
    await loaded
    const rpc = await startFaultRpc()
    rpc.setMint(MINT, { decimals: DECIMALS })
    rpc.setAccounts(ALICE, MINT, [{ amount: AMOUNT - 7n }, { amount: 7n }])
    return {
      source: solanaBalances({ rpcUrl: rpc.url, timeoutMs: HANGING.includes(fault) ? 300 : 10_000 }),
      mint: MINT,
      decimals: DECIMALS,
      rich: { owner: ALICE, amount: AMOUNT },
      unseen: BOB,
      noMint: OTHER_MINT,
      break(name) {
        rpc.fault = faultOf(name)
      },
      hang() {
        rpc.fault = 'silent'
      },
      heal() {
        rpc.fault = 'none'
      },
      close: () => rpc.close(),
    }
  },
}

function faultOf(name: string): Fault {
  const fault = faults.find((one) => one === name)
  if (fault === undefined) throw new Error(`the server has no fault ${name}`)
  return fault
}
