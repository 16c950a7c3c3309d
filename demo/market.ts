import type { Ledger, LedgerWallet } from '@sallyport/ledger'
import { type TestWallet, testWallet } from 'sallyport/testing'

/** One whole ACTO, in base units. */
export const ACTO = 1_000_000_000n

/** A mint of 9 decimals and the wallets that hold of it. */
export interface Market {
  readonly mint: string
  /** Holds 125,000 ACTO. */
  readonly rich: LedgerWallet
  /** Holds 25,000 ACTO. */
  readonly poor: LedgerWallet
  /** Holds enough, and is not asked about before the RPC is down. */
  readonly unseen: LedgerWallet
  /** Holds 60,000 ACTO, and signs what it is given. */
  readonly signer: TestWallet
}

/** Puts a market on the ledger by real transactions. */
export async function openMarket(ledger: Ledger): Promise<Market> {
  const mint = await ledger.createMint({ decimals: 9 })
  const hold = async (whole: bigint) => {
    const wallet = await ledger.createWallet()
    const account = await ledger.createTokenAccount(wallet, mint)
    await ledger.mintTo(account, mint, whole * ACTO)
    return wallet
  }
  const signer = testWallet()
  const donor = await hold(60_000n)
  await ledger.transfer({ mint, from: donor, to: signer.address, amount: 60_000n * ACTO })
  return { mint, rich: await hold(125_000n), poor: await hold(25_000n), unseen: await hold(60_000n), signer }
}
