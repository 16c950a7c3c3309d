/** A local Solana ledger: Surfpool's runtime behind a real JSON-RPC server, filled by real transactions. */
import { Keypair, LAMPORTS_PER_SOL, PublicKey, SystemProgram } from '@solana/web3.js'
import { rpcCaller } from './json-rpc.js'
import { locateSurfpool, platform, startSurfpool } from './surfpool.js'
import * as token from './token-instructions.js'
import { signatureConfirmer, transactionSender } from './transactions.js'

export interface LedgerWallet {
  readonly address: string
  readonly keypair: Keypair
}

/**
 * Every verb resolves once its transaction is confirmed: a read sent afterwards sees it. Verbs may run
 * concurrently. All addresses are base58; all amounts are in the mint's smallest unit.
 */
export interface Ledger {
  readonly rpcUrl: string
  /** The ledger's payer becomes mint authority and freeze authority. */
  createMint(options: { decimals: number; program?: token.TokenProgram }): Promise<string>
  /** A fresh keypair holding 10 SOL. */
  createWallet(): Promise<LedgerWallet>
  /** The wallet's associated account, or with `auxiliary` a further account of the same owner and mint. */
  createTokenAccount(wallet: LedgerWallet, mint: string, options?: { auxiliary?: boolean }): Promise<string>
  /** `account` is a token account, not a wallet. */
  mintTo(account: string, mint: string, amount: bigint): Promise<void>
  /** Between associated accounts; the recipient's is created when absent. `to` is the owner's address. */
  transfer(options: { mint: string; from: LedgerWallet; to: string; amount: bigint }): Promise<void>
  freeze(account: string, mint: string): Promise<void>
  /** Token-2022 refuses this for associated accounts, whose owner is immutable; use an auxiliary one. */
  changeOwner(account: string, from: LedgerWallet, to: string): Promise<void>
  /** From its return on, no request is answered. Further calls do nothing. */
  stop(): void
}

/** Whether `startLedger` can work here: a native Surfpool build exists for this platform and is installed. */
export const ledgerAvailable: boolean = 'path' in locateSurfpool()

const walletLamports = 10 * LAMPORTS_PER_SOL

/**
 * Starts a new, empty ledger on a free port of 127.0.0.1. Ledgers share nothing. A ledger keeps nobody's process
 * alive, and ends with the process that started it.
 */
export async function startLedger(): Promise<Ledger> {
  const located = locateSurfpool()
  if ('missing' in located) {
    throw new Error(
      `No local Solana ledger on ${platform}: ${located.missing}. Set SOLANA_RPC_URL to the RPC server to use instead.`,
    )
  }
  const { rpcUrl, payerSecretKey, kill } = await startSurfpool(located.path)
  const call = rpcCaller(rpcUrl)
  return createLedger({
    rpcUrl,
    payer: Keypair.fromSecretKey(payerSecretKey),
    // Surfpool's own method: at once, where a transaction takes some 15 ms.
    fund: (address) => call('surfnet_setAccount', [address, { lamports: walletLamports }]),
    stop: kill,
  })
}

/** A ledger on a test validator that runs already and grants airdrops; without a URL, {@link startLedger}. */
export async function openLedger(rpcUrl?: string): Promise<Ledger> {
  if (rpcUrl === undefined || rpcUrl === '') return startLedger()
  const call = rpcCaller(rpcUrl)
  const confirm = signatureConfirmer(call)
  const payer = Keypair.generate()
  const fund = async (address: string) =>
    confirm(String(await call('requestAirdrop', [address, walletLamports, { commitment: 'confirmed' }])))
  await fund(payer.publicKey.toBase58())
  return createLedger({ rpcUrl, payer, fund, stop: () => undefined })
}

interface Validator {
  readonly rpcUrl: string
  /** Pays for every transaction. */
  readonly payer: Keypair
  /** Gives an address the SOL of a new wallet. */
  fund(address: string): Promise<unknown>
  stop(): void
}

function createLedger({ rpcUrl, payer, fund, stop }: Validator): Ledger {
  const call = rpcCaller(rpcUrl)
  const send = transactionSender(call, payer)

  async function allocate(account: Keypair, space: number, programId: PublicKey) {
    const lamports = Number(await call('getMinimumBalanceForRentExemption', [space]))
    const newAccountPubkey = account.publicKey
    return SystemProgram.createAccount({
      fromPubkey: payer.publicKey,
      newAccountPubkey,
      lamports,
      space,
      programId,
    })
  }

  /** The token program that owns `address`, which also proves that the account exists. */
  async function tokenAccountInfo(address: PublicKey) {
    const options = { encoding: 'jsonParsed', commitment: 'confirmed' }
    const { value } = (await call('getAccountInfo', [address.toBase58(), options])) as {
      value: { owner: string; data: { parsed?: { info: { decimals?: number } } } } | null
    }
    const programId = value && new PublicKey(value.owner)
    if (!programId || !token.isTokenProgramId(programId)) {
      throw new Error(`${address.toBase58()} is no token account and no mint on this ledger`)
    }
    return { address, programId, decimals: value.data.parsed?.info.decimals }
  }

  async function readMint(address: string) {
    const { decimals, ...ref } = await tokenAccountInfo(new PublicKey(address))
    if (decimals === undefined) throw new Error(`${address} is no mint on this ledger`)
    return { ...ref, decimals }
  }

  return {
    rpcUrl,

    async createMint({ decimals, program = 'spl-token' }) {
      const account = Keypair.generate()
      const mint = { address: account.publicKey, programId: token.tokenProgramId(program) }
      const allocation = await allocate(account, token.mintSize, mint.programId)
      await send([allocation, token.initializeMint(mint, decimals, payer.publicKey)], [account])
      return mint.address.toBase58()
    },

    async createWallet() {
      const keypair = Keypair.generate()
      const address = keypair.publicKey.toBase58()
      await fund(address)
      return { address, keypair }
    },

    async createTokenAccount(wallet, mintAddress, { auxiliary = false } = {}) {
      const mint = await readMint(mintAddress)
      const owner = wallet.keypair.publicKey
      if (!auxiliary) {
        await send([token.createAssociatedAccount(mint, owner, payer.publicKey)])
        return token.associatedAddress(mint, owner).toBase58()
      }
      const account = Keypair.generate()
      const allocation = await allocate(account, token.tokenAccountSize, mint.programId)
      await send([allocation, token.initializeAccount(mint, account.publicKey, owner)], [account])
      return account.publicKey.toBase58()
    },

    async mintTo(account, mintAddress, amount) {
      const mint = await readMint(mintAddress)
      await send([token.mintTo(mint, new PublicKey(account), payer.publicKey, amount)])
    },

    async transfer({ mint: mintAddress, from, to, amount }) {
      const mint = await readMint(mintAddress)
      const owner = from.keypair.publicKey
      const recipient = new PublicKey(to)
      const move = {
        from: token.associatedAddress(mint, owner),
        to: token.associatedAddress(mint, recipient),
        owner,
        amount,
      }
      const creation = token.createAssociatedAccount(mint, recipient, payer.publicKey)
      await send([creation, token.transferChecked(mint, mint.decimals, move)], [from.keypair])
    },

    async freeze(account, mintAddress) {
      const mint = await readMint(mintAddress)
      await send([token.freezeAccount(mint, new PublicKey(account), payer.publicKey)])
    },

    async changeOwner(account, from, to) {
      const { address, programId } = await tokenAccountInfo(new PublicKey(account))
      const owner = from.keypair.publicKey
      await send([token.setAccountOwner(programId, address, owner, new PublicKey(to))], [from.keypair])
    },

    stop,
  }
}
