import type { AccountInfo, ParsedAccountData, PublicKey } from '@solana/web3.js'
import { isDecimals } from '../balance-check.js'
import type { BalanceQuery } from '../ports/balance-source.js'
import { UnusableAnswer } from './breaker.js'

/** The programs whose accounts hold tokens: SPL Token and Token-2022. */
export const TOKEN_PROGRAMS: ReadonlySet<string> = new Set([
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
])
const SYSTEM_PROGRAM = '11111111111111111111111111111111'

/** An account as a node answers it, parsed where the node knows its program. */
export type AnyAccount = AccountInfo<Buffer | ParsedAccountData>

/** The token accounts of a wallet, as they were at a slot. */
export interface Reading {
  readonly slot: number
  readonly accounts: readonly { readonly pubkey: PublicKey; readonly account: AnyAccount }[]
  readonly exact: boolean
}

/** Whether there is no token account: SOL can be sent to the address of one, and that makes none of it. */
export function isBare({ owner, data }: AnyAccount): boolean {
  return owner.toBase58() === SYSTEM_PROGRAM && !('parsed' in data) && data.length === 0
}

/**
 * What the accounts hold together; frozen ones do not count.
 *
 * @throws UnusableAnswer where anything is not what was asked for.
 */
export function sum(
  accounts: Reading['accounts'],
  asked: BalanceQuery,
): { amount: bigint; decimals: number | undefined } {
  let amount = 0n
  let decimals: number | undefined
  const seen = new Set<string>()
  for (const { pubkey, account } of accounts) {
    const address = pubkey.toBase58()
    if (seen.has(address)) throw new UnusableAnswer('the answer names an account twice')
    seen.add(address)
    const held = readAccount(account, asked)
    if (decimals !== undefined && decimals !== held.decimals)
      throw new UnusableAnswer("accounts disagree on the mint's decimals")
    decimals = held.decimals
    if (held.counts) amount += held.amount
  }
  return { amount, decimals }
}

const AMOUNT = /^\d{1,20}$/
const MAX_AMOUNT = 2n ** 64n - 1n

// Every line of an answer is checked: what is not what was asked for is an outage, never zero.
function readAccount(account: AnyAccount, asked: BalanceQuery) {
  if (!TOKEN_PROGRAMS.has(account.owner.toBase58()))
    throw new UnusableAnswer('an account belongs to no token program')
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
  return { amount: units, decimals, counts: info.state === 'initialized' }
}

/**
 * The decimals of a mint.
 *
 * @throws UnusableAnswer where it is none.
 */
export function mintDecimals(account: AnyAccount | null): number {
  if (account === null) throw new UnusableAnswer('the mint does not exist')
  const parsed = 'parsed' in account.data ? account.data.parsed : undefined
  if (!TOKEN_PROGRAMS.has(account.owner.toBase58()) || parsed?.type !== 'mint')
    throw new UnusableAnswer('it is not a mint')
  if (!isDecimals(parsed.info?.decimals)) throw new UnusableAnswer('the mint has no decimals')
  return parsed.info.decimals
}
