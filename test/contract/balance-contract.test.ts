import { AssertionError } from 'node:assert'
import type { Balance, BalanceSource, MintInfo } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { balanceContract } from '../../src/testing/balance-contract.js'
import {
  brittleSource,
  DECIMALS,
  hanging,
  RICH_AMOUNT,
  raisedFaults,
} from '../harness/balances/brittle-source.js'
import { balance } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../support/addresses.js'

type Plant = (source: BalanceSource) => Partial<BalanceSource>

/** Bugs that a source may have, and how the name of a case begins that notices them. */
const BUGS: readonly (readonly [bug: string, breaks: string, plant: Plant])[] = [
  [
    'an amount is read as a number',
    'reads base units exactly',
    changed((answer) => ({ ...answer, amount: BigInt(Number(answer.amount)) })),
  ],
  [
    'an unseen wallet holds what the last one did',
    'reads zero for a wallet that never held the token',
    changed((answer) => ({ ...answer, amount: answer.amount || 1n })),
  ],
  ['an answer is of no slot', 'says with which decimals', changed((answer) => ({ ...answer, slot: 0 }))],
  ['a lower bound will do', 'says with which decimals', changed((answer) => ({ ...answer, exact: false }))],
  [
    'no more is read than the caller needs',
    'answers what is there, or a lower bound',
    ({ read }) => ({
      read: async (query, options) => {
        const answer = await read(query, options)
        return query.minimum === undefined ? answer : { ...answer, amount: 1n, exact: false }
      },
    }),
  ],
  [
    'one flight is shared by everybody',
    'answers many at once, each its own',
    ({ read }) => {
      let flight: ReturnType<typeof read> | undefined
      return {
        read: (query, options) => {
          flight ??= read(query, options)
          return flight
        },
      }
    },
  ],
  [
    'every address is a mint',
    'reads the decimals of a mint',
    () => ({ readMint: () => ({ decimals: DECIMALS }) }),
  ],
  [
    'a chain that cannot be read holds nothing',
    'rejects, rather than reading zero',
    ({ read }) => ({
      read: async (query, options) => {
        try {
          return await read(query, options)
        } catch {
          return balance(0n)
        }
      },
    }),
  ],
  [
    'a mint that cannot be read has the usual decimals',
    'rejects a question after a mint',
    ({ readMint }) => ({
      readMint: async (mint, options): Promise<MintInfo> => {
        try {
          return await readMint(mint, options)
        } catch {
          return { decimals: 9 }
        }
      },
    }),
  ],
  [
    'who gives up ends the flight of everybody',
    'lets a caller who gives up take nobody along',
    ({ read }) => {
      let flight: ReturnType<typeof read> | undefined
      return {
        read: (query, options) => {
          flight ??= options.signal.aborted ? Promise.reject(options.signal.reason) : read(query, options)
          return flight
        },
      }
    },
  ],
]

const cases = (plant: Plant = () => ({})) =>
  balanceContract({
    faults: [{ name: 'rejects with an error', mintsToo: true }],
    async open() {
      const chain = brittleSource()
      const sound: BalanceSource = {
        read: (query, options) => chain.read(query, options),
        readMint: (mint, options) => chain.readMint(mint, options),
      }
      return {
        source: { ...sound, ...plant(sound) },
        mint: MINT,
        decimals: DECIMALS,
        rich: { owner: ALICE, amount: RICH_AMOUNT },
        unseen: BOB,
        noMint: OTHER_MINT,
        break: (fault) => {
          chain.behave = raisedFaults[fault]
        },
        hang: () => {
          chain.behave = hanging
        },
        heal: () => {
          chain.behave = undefined
        },
        close: async () => undefined,
      }
    },
  })

describe('the balance contract', () => {
  it.each(BUGS)('notices that %s', async (_, breaks, plant) => {
    const broken = cases(plant).filter(({ name }) => name.startsWith(breaks))
    expect(broken).toHaveLength(1)
    await expect(broken[0]?.run()).rejects.toThrow(AssertionError)
  })

  it.each(cases())('is kept by a sound source: $name', ({ run }) => run())
})

function changed(change: (answer: Balance) => Balance): Plant {
  return ({ read }) => ({ read: async (query, options) => change(await read(query, options)) })
}
