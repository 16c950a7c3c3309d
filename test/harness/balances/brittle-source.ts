import type { Balance, BalanceQuery, BalanceSource, CallOptions } from 'sallyport'
import type { BalanceHarness } from '../../contract/balance-contract.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../../support/addresses.js'
import { balance } from './readings.js'

/** Ways to fail that every decorator has to hand on. */
export const raisedFaults: Readonly<Record<string, () => never | Promise<never>>> = {
  'rejects with an error': () => Promise.reject(new Error('down')),
  'rejects with text': () => Promise.reject('down'),
  'rejects with nothing': () => Promise.reject(undefined),
  'throws at once': () => {
    throw new Error('down')
  },
}

/** Answers that are no balances, for decorators that look at them. */
export const malformedFaults: Readonly<Record<string, () => unknown>> = {
  'answers null': () => null,
  'answers undefined': () => undefined,
  'answers zero': () => 0,
  'answers an amount that is a number': () => ({ ...balance(1n), amount: 1 }),
  'answers an amount that is text': () => ({ ...balance(1n), amount: '1' }),
  'answers a negative amount': () => balance(-1n),
  'answers decimals that no mint has': () => balance(1n, { decimals: 300 }),
  'answers no decimals': () => ({ amount: 1n, slot: 1, exact: true }),
  'answers no slot': () => ({ amount: 1n, decimals: 9, exact: true }),
}

export const RICH_AMOUNT = 2n ** 63n + 1n
export const DECIMALS = 6

/** A source in which Alice is rich and nobody else has anything, until something is made to go wrong. */
export interface BrittleSource extends BalanceSource {
  /** What happens instead of an answer. */
  behave: ((options: CallOptions) => unknown) | undefined
}

export function brittleSource(): BrittleSource {
  return {
    behave: undefined,
    async read({ mint, owner }: BalanceQuery, options) {
      if (this.behave !== undefined) return this.behave(options) as Balance
      const amount = mint === MINT && owner === ALICE ? RICH_AMOUNT : 0n
      return balance(amount, { decimals: DECIMALS, slot: 321 })
    },
    async readMint(mint, options) {
      if (this.behave !== undefined) return this.behave(options) as { decimals: number }
      if (mint !== MINT) throw new Error('the mint does not exist')
      return { decimals: DECIMALS }
    },
  }
}

/** Never answers; ends when its signal does. */
export function hanging({ signal }: CallOptions): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** What the balance contract is given of a source that breaks as `behave` says. */
export function fixtureOver(
  source: BalanceSource,
  behave: (behaviour: BrittleSource['behave']) => void,
): Awaited<ReturnType<BalanceHarness['open']>> {
  return {
    source,
    mint: MINT,
    decimals: DECIMALS,
    rich: { owner: ALICE, amount: RICH_AMOUNT },
    unseen: BOB,
    noMint: OTHER_MINT,
    break: (fault) => behave(raisedFaults[fault] ?? malformedFaults[fault]),
    hang: () => behave(hanging),
    heal: () => behave(undefined),
    close: async () => undefined,
  }
}
