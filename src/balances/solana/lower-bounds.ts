import { LRUCache } from 'lru-cache'
import type { Balance, BalanceQuery } from '../../ports/balance-source.js'
import type { CallOptions } from '../../ports/call-options.js'
import { decodeAddress } from '../../wallet-address.js'
import { UnusableAnswer } from '../breaker.js'
import type { Guard } from '../guard.js'
import type { AssociatedAddresses } from './associated-accounts.js'
import { factsOf, heldIn, RAW_BYTES } from './raw-token-account.js'
import type { RawAccounts, Rpc } from './rpc.js'
import { type MintFacts, TOKEN_PROGRAMS } from './token-programs.js'
import { type TurnBatches, turnBatches } from './turn-batches.js'

// The most accounts that a node answers by one getMultipleAccounts.
const MAX_ACCOUNTS = 100
// While the program of a mint is unknown each wallet takes two addresses, and the mint itself one.
const MAX_UNKNOWN = Math.floor((MAX_ACCOUNTS - 1) / TOKEN_PROGRAMS.size)
const MAX_MINTS = 1_000

/** What is known of mints: no mint ever changes it. */
export type KnownMints = Pick<LRUCache<string, MintFacts>, 'get' | 'set' | 'delete'>

/** Makes an empty list of mints. */
export function knownMints(): KnownMints {
  return new LRUCache<string, MintFacts>({ max: MAX_MINTS })
}

/** What lower bounds are read with. */
export interface LowerBoundOptions {
  readonly rpc: Rpc
  /** What a request waits for its turn by: it counts requests, not those who wait for them. */
  readonly inTurn: Guard
  readonly mints: KnownMints
  readonly addressOf: AssociatedAddresses
}

/** Reads what wallets hold at least. */
export type LowerBounds = (query: BalanceQuery, options: CallOptions) => Promise<Balance>

/**
 * Reads what the associated accounts of wallets hold, many of one mint by one request. Where the mint is not known yet,
 * the first request finds it out together with what its wallets hold, and further wallets wait for it: they would need
 * twice the room in a request of their own, and fail with it where there is no such mint.
 *
 * What is wrong with one account is the failure of its wallet alone.
 */
export function lowerBounds({ rpc, inTurn, mints, addressOf }: LowerBoundOptions): LowerBounds {
  const batches = new LRUCache<string, TurnBatches<Balance>>({ max: MAX_MINTS })

  function ask(addresses: readonly string[], options: CallOptions): Promise<RawAccounts> {
    return inTurn(options, (own) => rpc.accounts(own, addresses, RAW_BYTES))
  }

  function batchesOf(mint: string): TurnBatches<Balance> {
    const rawMint = rawAddress(mint)
    let isFindingOut = false

    async function askKnown(owners: readonly string[], options: CallOptions, facts: MintFacts) {
      const { PublicKey: Key } = await rpc.client()
      const { program, decimals } = facts
      const addresses = owners.map((owner) => addressOf(Key, owner, mint, program))
      const { slot, accounts } = await ask(addresses, options)
      return (at: number) => {
        const holding = { owner: rawAddress(owners[at]), mint: rawMint, program }
        return boundOf(heldIn(accounts[at], holding), decimals, slot)
      }
    }

    async function findOut(owners: readonly string[], options: CallOptions) {
      const { PublicKey: Key } = await rpc.client()
      const programs = [...TOKEN_PROGRAMS]
      const addresses = owners.flatMap((owner) =>
        programs.map((program) => addressOf(Key, owner, mint, program)),
      )
      const { slot, accounts } = await ask([mint, ...addresses], options)
      const { program, decimals } = factsOf(accounts[0])
      mints.set(mint, { program, decimals })
      const first = 1 + programs.indexOf(program)
      return (at: number) => {
        const holding = { owner: rawAddress(owners[at]), mint: rawMint, program }
        return boundOf(heldIn(accounts[first + at * programs.length], holding), decimals, slot)
      }
    }

    const shared = turnBatches<Balance>({
      most: () => (mints.get(mint) !== undefined ? MAX_ACCOUNTS : isFindingOut ? 0 : MAX_UNKNOWN),
      async ask(owners, options) {
        const facts = mints.get(mint)
        if (facts !== undefined) return askKnown(owners, options, facts)
        isFindingOut = true
        try {
          return await findOut(owners, options)
        } catch (error) {
          // Where all who asked have left, nothing is known yet.
          if (!options.signal.aborted) shared.failWaiting(error)
          throw error
        } finally {
          isFindingOut = false
        }
      },
    })
    return shared
  }

  return async (query, options) => {
    const { mint, owner } = query
    // In a batch it would be the failure of everybody.
    rawAddress(owner)
    let shared = batches.get(mint)
    if (shared === undefined) {
      shared = batchesOf(mint)
      batches.set(mint, shared)
    }
    return shared.read(owner, options)
  }
}

function boundOf(amount: bigint, decimals: number, slot: number): Balance {
  return { amount, decimals, slot, exact: false }
}

function rawAddress(text = ''): Uint8Array {
  const address = decodeAddress(text)
  if (address === undefined) throw new UnusableAnswer('an address is none')
  return address
}
