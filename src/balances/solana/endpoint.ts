import { meets } from '../../balance-check.js'
import { AnswerTooLarge } from '../../capped-fetch.js'
import type { Balance, BalanceQuery, BalanceSource } from '../../ports/balance-source.js'
import type { CallOptions } from '../../ports/call-options.js'
import { UnusableAnswer } from '../breaker.js'
import { capped } from '../capped.js'
import type { AssociatedAddresses } from './associated-accounts.js'
import { knownMints, lowerBounds } from './lower-bounds.js'
import { type Commitment, createRpc } from './rpc.js'
import { areSame, mintFacts, sum } from './token-accounts.js'
import type { MintFacts } from './token-programs.js'

/**
 * Reads balances from one node. A reading has one request under way at a time, and so takes one place under the cap;
 * readings that share a request take one between them.
 */
export function solanaEndpoint(
  url: string,
  commitment: Commitment,
  addressOf: AssociatedAddresses,
): BalanceSource {
  const rpc = createRpc(url, commitment)
  const inTurn = capped()
  const mints = knownMints()
  const readBound = lowerBounds({ rpc, inTurn, mints, addressOf })

  async function findMint(mint: string, options: CallOptions): Promise<MintFacts> {
    const { value } = await rpc.ask(options, ({ connection, PublicKey: Key }) =>
      connection.getParsedAccountInfo(new Key(mint)),
    )
    const facts = mintFacts(value)
    mints.set(mint, facts)
    return facts
  }

  async function readAll(query: BalanceQuery, options: CallOptions): Promise<Balance> {
    const { mint, owner } = query
    const { context, value } = await rpc.ask(options, ({ connection, PublicKey: Key }) =>
      connection.getParsedTokenAccountsByOwner(new Key(owner), { mint: new Key(mint) }),
    )
    const { amount, facts } = sum(value, query)
    const known = mints.get(mint)
    if (facts !== undefined && known !== undefined && !areSame(facts, known)) {
      // Either may be wrong, so neither is kept.
      mints.delete(mint)
      throw new UnusableAnswer('an account disagrees with what is known of its mint')
    }
    const { decimals } = facts ?? known ?? (await findMint(mint, withoutTime(options)))
    if (facts !== undefined) mints.set(mint, facts)
    return { amount, decimals, slot: context.slot, exact: true }
  }

  const readExactly = (query: BalanceQuery, options: CallOptions) =>
    inTurn(options, (own) => readAll(query, own))

  return {
    async readMint(mint, options) {
      const { decimals } = await inTurn(options, (own) => findMint(mint, own))
      return { decimals }
    },
    async read(query, options) {
      const { minimum, exact } = query
      if (exact === true) return readExactly(query, options)
      const bound = minimum && (await readBound(query, options))
      if (bound !== undefined && minimum !== undefined && meets(bound, minimum)) return bound
      try {
        return await readExactly(query, bound === undefined ? options : withoutTime(options))
      } catch (error) {
        // Anybody can open accounts in the name of a wallet until its list is too large to be read, but not empty its
        // associated account: what is in there lets it in still.
        if (!isTooLarge(error)) throw error
        return bound ?? readBound(query, withoutTime(options))
      }
    },
  }
}

// After a first request nobody knows how long the caller still waits: that was said from the call on.
function withoutTime({ signal }: CallOptions): CallOptions {
  return { signal }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof UnusableAnswer && error.cause instanceof AnswerTooLarge
}
