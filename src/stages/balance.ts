import { formatDecimal, formatUnits, unitsAtLeast } from '../amount.js'
import { checkBalance, meets } from '../balance-check.js'
import { isPending, isPromise } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import type { Balance, BalanceQuery, BalanceSource } from '../ports/balance-source.js'
import type { ResolvedBalance } from '../requirements.js'
import { attempt } from './attempt.js'

/** How the gate comes by balances. */
export interface BalanceReader {
  /** Reads under the gate's deadline. */
  read(query: BalanceQuery): Balance | Refused | Promise<Balance | Refused>
  /**
   * What is known and may be used now, without a call; absent where nothing is kept.
   *
   * @param nowMs - Monotonic.
   */
  readonly recall: ((query: BalanceQuery, nowMs: number) => Balance | undefined) | undefined
}

/** What is answered where a lower bound would have to refuse or to be rendered. */
export const INEXACT: Refused = refused('dependency_unavailable', {
  dependency: 'balances',
  cause: new Error('the balance source answered a lower bound where an exact amount was asked for'),
})

/**
 * Makes the one way in which the gate comes by balances.
 *
 * @param recall - How to look into our own cache, where the source is one: what that answers it has checked.
 */
export function createBalanceReader(
  source: BalanceSource,
  timeoutMs: number,
  recall: BalanceReader['recall'],
): BalanceReader {
  return {
    recall,
    read: (query) =>
      attempt<Balance>('balances', timeoutMs, (options) => {
        const answer = source.read(query, options)
        return isPending(answer) ? answer.then(checkBalance) : checkBalance(answer)
      }),
  }
}

/** A balance that one request has read, and through it those before: a second guard reads none of them again. */
export interface BalanceRead {
  readonly mint: string
  readonly owner: string
  readonly balance: Balance
  readonly earlier: BalanceRead | undefined
}

/** Where the balances of one request are remembered. */
export interface BalanceMemory {
  balances: BalanceRead | undefined
}

/**
 * Does the wallet hold enough of every required mint?
 *
 * @param nowMs - Monotonic; absent where something had to be waited for since.
 * @returns The balance of the last requirement, which is the gate's own; null where nothing is required.
 */
export function requireBalances(
  requirements: readonly ResolvedBalance[],
  owner: string,
  reader: BalanceReader,
  memory: BalanceMemory,
  nowMs: number | undefined,
  from = 0,
): Balance | null | Refused | Promise<Balance | null | Refused> {
  let last: Balance | null = null
  for (let at = from; at < requirements.length; at++) {
    const requirement = requirements[at]
    if (requirement === undefined) break
    const answer = balanceFor(requirement, owner, reader, memory, nowMs)
    if (isPromise(answer)) {
      return answer.then((balance) => {
        const judged = judge(balance, requirement, owner, memory)
        if (judged instanceof Refused || at === requirements.length - 1) return judged
        return requireBalances(requirements, owner, reader, memory, undefined, at + 1)
      })
    }
    const judged = judge(answer, requirement, owner, memory)
    if (judged instanceof Refused) return judged
    last = judged
  }
  return last
}

function balanceFor(
  { mint, minimum }: ResolvedBalance,
  owner: string,
  reader: BalanceReader,
  memory: BalanceMemory,
  nowMs: number | undefined,
): Balance | Refused | Promise<Balance | Refused> {
  const known = remembered(mint, owner, memory)
  if (known !== undefined && (known.exact || meets(known, minimum))) return known
  const query = { mint, owner, minimum }
  const kept = nowMs === undefined ? undefined : reader.recall?.(query, nowMs)
  const answer = kept ?? reader.read(query)
  if (isPromise(answer)) return answer.then(settle)
  return isEnough(answer) ? answer : settle(answer)

  function isEnough(balance: Balance | Refused): boolean {
    return balance instanceof Refused || balance.exact || meets(balance, minimum)
  }

  // A lower bound may allow; whoever would be refused by it is read exactly.
  function settle(balance: Balance | Refused): Balance | Refused | Promise<Balance | Refused> {
    return isEnough(balance) ? balance : reader.read({ mint, owner, minimum, exact: true })
  }
}

function remembered(mint: string, owner: string, { balances }: BalanceMemory): Balance | undefined {
  for (let read = balances; read !== undefined; read = read.earlier) {
    if (read.mint === mint && read.owner === owner) return read.balance
  }
  return undefined
}

function judge(
  balance: Balance | Refused,
  { mint, symbol, minimum }: ResolvedBalance,
  owner: string,
  memory: BalanceMemory,
): Balance | Refused {
  if (balance instanceof Refused) return balance
  memory.balances = { mint, owner, balance, earlier: memory.balances }
  if (meets(balance, minimum)) return balance
  if (!balance.exact) return INEXACT
  const { amount, decimals } = balance
  return refused('balance_insufficient', {
    mint,
    symbol,
    wallet: owner,
    required: formatDecimal(minimum),
    balance: formatUnits(amount, decimals),
    shortfall: formatUnits(unitsAtLeast(minimum, decimals) - amount, decimals),
  })
}
