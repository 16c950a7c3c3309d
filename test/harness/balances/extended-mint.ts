import type { LedgerWallet } from '@sallyport/ledger'
import {
  Connection,
  Keypair,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js'
import { expect } from 'vitest'
import { PROGRAMS } from './associated.js'

const TOKEN_2022 = new PublicKey(PROGRAMS['token-2022'])
// The length of a plain account, the byte for its type, and the fee extension of a mint with its head.
const MINT_BYTES = 165 + 1 + 4 + 108
const INITIALIZE_FEES = [26, 0]
const NOBODY = [0]
const INITIALIZE_MINT_2 = 20
const MINT_TO = 7

/** A mint with a transfer fee, so that every account of it is longer too. `payer` may mint of it. */
export interface ExtendedMint {
  readonly address: string
  mintTo(account: string, amount: bigint): Promise<void>
}

export async function createExtendedMint(
  rpcUrl: string,
  { keypair: payer }: LedgerWallet,
  decimals: number,
): Promise<ExtendedMint> {
  const connection = new Connection(rpcUrl, 'confirmed')
  const mint = Keypair.generate()

  async function send(instructions: readonly TransactionInstruction[], signers: readonly Keypair[]) {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash()
    const transaction = new Transaction({ feePayer: payer.publicKey, blockhash, lastValidBlockHeight })
    transaction.add(...instructions).sign(...signers)
    const signature = await connection.sendRawTransaction(transaction.serialize())
    await expect
      .poll(async () => (await connection.getSignatureStatus(signature)).value, { timeout: 10_000 })
      .toMatchObject({ err: null, confirmationStatus: expect.stringMatching(/confirmed|finalized/) })
  }

  const program = (accounts: readonly (readonly [PublicKey, isSigner: boolean])[], data: readonly number[]) =>
    new TransactionInstruction({
      programId: TOKEN_2022,
      keys: accounts.map(([pubkey, isSigner]) => ({ pubkey, isSigner, isWritable: !isSigner })),
      data: Buffer.from(data),
    })

  const feeBasisPoints = [0, 0]
  const maximumFee = [0, 0, 0, 0, 0, 0, 0, 0]
  await send(
    [
      SystemProgram.createAccount({
        fromPubkey: payer.publicKey,
        newAccountPubkey: mint.publicKey,
        lamports: await connection.getMinimumBalanceForRentExemption(MINT_BYTES),
        space: MINT_BYTES,
        programId: TOKEN_2022,
      }),
      program(
        [[mint.publicKey, false]],
        [...INITIALIZE_FEES, ...NOBODY, ...NOBODY, ...feeBasisPoints, ...maximumFee],
      ),
      program(
        [[mint.publicKey, false]],
        [INITIALIZE_MINT_2, decimals, ...payer.publicKey.toBytes(), ...NOBODY],
      ),
    ],
    [payer, mint],
  )

  return {
    address: mint.publicKey.toBase58(),
    async mintTo(account, amount) {
      const units = Buffer.alloc(8)
      units.writeBigUInt64LE(amount)
      const accounts = [
        [mint.publicKey, false],
        [new PublicKey(account), false],
        [payer.publicKey, true],
      ] as const
      await send([program(accounts, [MINT_TO, ...units])], [payer])
    },
  }
}
