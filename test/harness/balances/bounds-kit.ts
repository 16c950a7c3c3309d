import { randomBytes } from 'node:crypto'
import bs58 from 'bs58'
import type { Balance, BalanceSource, CallOptions } from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { MINT } from '../../support/addresses.js'
import type { FaultAccount, FaultRpc } from '../../support/rpc/fault-rpc.js'
import { associated } from './associated.js'
import { decimal, query, untilEnded } from './readings.js'

/** What the wallets of these tests hold where they hold enough: exactly the minimum, {@link MINIMUM}. */
export const ENOUGH = 50_000n * 10n ** 9n
export const MINIMUM = decimal('50000')

export const newAddress = (): string => bs58.encode(randomBytes(32))
export const newWallets = (count: number): readonly string[] => Array.from({ length: count }, newAddress)

/** Puts an amount into the associated account of a wallet, or makes that account something else. */
export function give(rpc: FaultRpc, owner: string, account: Partial<FaultAccount> = {}, mint = MINT): void {
  const pubkey = associated(owner, mint, account.program)
  rpc.setAccounts(owner, mint, [{ amount: ENOUGH, pubkey, ...account }])
}

/** What a wallet is answered where it needs {@link MINIMUM}. */
export async function readEnough(
  source: BalanceSource,
  owner: string,
  { mint = MINT, options = untilEnded() }: { readonly mint?: string; readonly options?: CallOptions } = {},
): Promise<Balance> {
  return source.read(query({ owner, mint, minimum: MINIMUM }), options)
}

/** How each of several wallets fares, asked for at the same time. */
export async function outcomesOf(
  source: BalanceSource,
  owners: readonly string[],
): Promise<readonly (bigint | 'rejected')[]> {
  const answers = await Promise.allSettled(owners.map((owner) => readEnough(source, owner)))
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.amount : 'rejected'))
}

/** A source whose first endpoint is `rpc`, with the time that a loaded machine needs. */
export function sourceOf(...rpcs: readonly { readonly url: string }[]): BalanceSource {
  return solanaBalances({ rpcUrls: rpcs.map(({ url }) => url), timeoutMs: 10_000 })
}

/** How many accounts each request for several has asked for. */
export function sizesOf(rpc: FaultRpc): readonly number[] {
  return rpc
    .requests()
    .filter(({ method }) => method === 'getMultipleAccounts')
    .map(({ params }) => (params[0] as readonly unknown[]).length)
}
