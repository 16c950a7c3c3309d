import { type Balance, type BalanceQuery, type CallOptions, type Decimal, parseDecimal } from 'sallyport'
import { ALICE, MINT } from '../../support/addresses.js'

/** A balance as a chain would answer it. */
export function balance(amount: bigint, rest: Partial<Balance> = {}): Balance {
  return { amount, decimals: 9, slot: 1, exact: true, ...rest }
}

/** A question after Alice's tokens, unless it says otherwise. */
export function query(rest: Partial<BalanceQuery> = {}): BalanceQuery {
  return { mint: MINT, owner: ALICE, ...rest }
}

/** A minimum in whole tokens. */
export function decimal(text: string): Decimal {
  const read = parseDecimal(text)
  if (read === undefined) throw new Error(`${text} is not a decimal`)
  return read
}

/** The options of a call that nobody ends. */
export function untilEnded(): CallOptions {
  return { signal: new AbortController().signal }
}

/** Lets everything that waits for no timer and no socket happen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** How an answer turned out, so that several can be compared. What is no answer fails the test. */
export async function outcomeOf(answer: Balance | Promise<Balance>): Promise<bigint | 'rejected'> {
  let balance: Balance
  try {
    balance = await answer
  } catch {
    return 'rejected'
  }
  return balance.amount
}

/** Something that a test waits for. */
export function happening(): { readonly happened: Promise<void>; happen(): void } {
  let happen: () => void = () => undefined
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen: () => happen() }
}
