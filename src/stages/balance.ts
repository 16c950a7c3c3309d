import { formatDecimal, formatUnits, unitsAtLeast } from '../amount.js'
import { checkBalance, meets } from '../balance-check.js'
import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import type { Balance, BalanceQuery, BalanceSource } from '../ports/balance-source.js'
import type { ResolvedBalance } from '../requirements.js'
import { attempt } from './attempt.js'

/** Reads balances under the gate's deadline. */
export type BalanceReader = (query: BalanceQuery) => Balance | Refused | Promise<Balance | Refused>

/** What is answered where a lower bound would have to refuse or to be rendered. */
export const INEXACT: Refused = refused('dependency_unavailable', {
  dependency: 'balances',
  cause: new Error('the balance source answered a lower bound where an exact amount was asked for'),
})

/** Makes the one way in which the gate reads a balance. */
export function createBalanceReader(source: BalanceSource, timeoutMs: number): BalanceReader {
  return (query) =>
    attempt<Balance>('balances', timeoutMs, (options) => {
      const answer = source.read(query, options)
      return isPending(answer) ? answer.then(checkBalance) : checkBalance(answer)
    })
}

/** The balances one request has read, the latest last: a second guard reads none of them again. */
export type BalancesRead = { readonly mint: string; readonly owner: string; readonly balance: Balance }[]

/**
 * Does the wallet hold enough of every required mint?
 *
 * @returns The balance of the last requirement, which is the gate's own; null where nothing is required.
 */
export function requireBalances(
  requirements: readonly ResolvedBalance[],
  owner: string,
  read: BalanceReader,
  seen: BalancesRead,
  from = 0,
): Balance | null | Refused | Promise<Balance | null | Refused> {
  let last: Balance | null = null
  for (let at = from; at < requirements.length; at++) {
    const requirement = requirements[at]
    if (requirement === undefined) break
    const answer = balanceFor(requirement, owner, read, seen)
    if (isPending(answer)) {
      return answer.then((balance) => {
        const judged = judge(balance, requirement, owner, seen)
        if (judged instanceof Refused || at === requirements.length - 1) return judged
        return requireBalances(requirements, owner, read, seen, at + 1)
      })
    }
    const judged = judge(answer, requirement, owner, seen)
    if (judged instanceof Refused) return judged
    last = judged
  }
  return last
}

function balanceFor(
  { mint, minimum }: ResolvedBalance,
  owner: string,
  read: BalanceReader,
  seen: BalancesRead,
): Balance | Refused | Promise<Balance | Refused> {
  const known = seen.findLast((read) => read.mint === mint && read.owner === owner)?.balance
  if (known !== undefined && (known.exact || meets(known, minimum))) return known
  const answer = read({ mint, owner, minimum })
  return isPending(answer) ? answer.then(settle) : settle(answer)

  // A lower bound may allow; whoever would be refused by it is read exactly.
  function settle(balance: Balance | Refused): Balance | Refused | Promise<Balance | Refused> {
    if (balance instanceof Refused || balance.exact || meets(balance, minimum)) return balance
    return read({ mint, owner, minimum, exact: true })
  }
}

function judge(
  balance: Balance | Refused,
  { mint, symbol, minimum }: ResolvedBalance,
  owner: string,
  seen: BalancesRead,
): Balance | Refused {
  if (balance instanceof Refused) return balance
  seen.push({ mint, owner, balance })
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
