import type { AccountInfo, ParsedAccountData, PublicKey } from '@solana/web3.js'
import { isDecimals } from '../../balance-check.js'
import type { BalanceQuery } from '../../ports/balance-source.js'
import { UnusableAnswer } from '../breaker.js'
import { type MintFacts, TOKEN_PROGRAMS } from './token-programs.js'

/** An account as a node answers it, parsed where the node knows its program. */
export type AnyAccount = AccountInfo<Buffer | ParsedAccountData>

/** An account, and where it is. */
export interface AccountAt {
  readonly pubkey: PublicKey
  readonly account: AnyAccount
}

/** What the accounts of a wallet hold together, and what they say of their mint: nothing where there are none. */
export interface Sum {
  readonly amount: bigint
  readonly facts: MintFacts | undefined
}

/**
 * What the accounts hold together; frozen ones do not count.
 *
 * @throws UnusableAnswer where anything is not what was asked for.
 */
export function sum(accounts: readonly AccountAt[], asked: BalanceQuery): Sum {
  let amount = 0n
  let facts: MintFacts | undefined
  const seen = new Set<string>()
  for (const { pubkey, account } of accounts) {
    const address = pubkey.toBase58()
    if (seen.has(address)) throw new UnusableAnswer('the answer names an account twice')
    seen.add(address)
    const held = readAccount(account, asked)
    if (facts !== undefined && !areSame(facts, held.facts)) {
      throw new UnusableAnswer("accounts disagree on the mint's decimals or program")
    }
    facts = held.facts
    if (held.counts) amount += held.amount
  }
  return { amount, facts }
}

/** Whether two answers say the same of a mint. */
export function areSame(one: MintFacts, other: MintFacts): boolean {
  return one.decimals === other.decimals && one.program === other.program
}

const AMOUNT = /^\d{1,20}$/
const MAX_AMOUNT = 2n ** 64n - 1n

// Every line of an answer is checked: what is not what was asked for is an outage, never zero.
function readAccount(account: AnyAccount, asked: BalanceQuery) {
  const program = account.owner.toBase58()
  if (!TOKEN_PROGRAMS.has(program)) throw new UnusableAnswer('an account belongs to no token program')
  const { type, info } = ('parsed' in account.data ? account.data.parsed : undefined) ?? {}
  if (type !== 'account') throw new UnusableAnswer('an account is not a token account')
  if (info?.mint !== asked.mint) throw new UnusableAnswer('an account is of another mint')
  if (info.owner !== asked.owner) throw new UnusableAnswer('an account is of another owner')
  if (info.state !== 'initialized' && info.state !== 'frozen')
    throw new UnusableAnswer('an account has no known state')
  const { amount, decimals } = info.tokenAmount ?? {}
  if (typeof amount !== 'string' || !AMOUNT.test(amount)) throw new UnusableAnswer('an account has no amount')
  const units = BigInt(amount)
  if (units > MAX_AMOUNT) throw new UnusableAnswer('an account has more than there can be')
  if (!isDecimals(decimals)) throw new UnusableAnswer('an account has no decimals')
  return { amount: units, facts: { program, decimals }, counts: info.state === 'initialized' }
}

/**
 * What is to be known of a mint.
 *
 * @throws UnusableAnswer where it is none.
 */
export function mintFacts(account: AnyAccount | null): MintFacts {
  if (account === null) throw new UnusableAnswer('the mint does not exist')
  const program = account.owner.toBase58()
  const parsed = 'parsed' in account.data ? account.data.parsed : undefined
  if (!TOKEN_PROGRAMS.has(program) || parsed?.type !== 'mint') throw new UnusableAnswer('it is not a mint')
  if (!isDecimals(parsed.info?.decimals)) throw new UnusableAnswer('the mint has no decimals')
  return { program, decimals: parsed.info.decimals }
}
