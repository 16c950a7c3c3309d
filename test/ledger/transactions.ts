import { setTimeout as delay } from 'node:timers/promises'
import { ComputeBudgetProgram, type Keypair, Transaction, type TransactionInstruction } from '@solana/web3.js'
import type { RpcCall } from './json-rpc.js'

/** Signs and sends one transaction paid by the ledger's payer; resolves once it is confirmed. */
export type SendTransaction = (
  instructions: readonly TransactionInstruction[],
  signers?: readonly Keypair[],
) => Promise<void>

interface SignatureStatus {
  readonly err: unknown
  readonly confirmationStatus: 'processed' | 'confirmed' | 'finalized' | null
}

const confirmTimeoutMs = 10_000
const pollMs = 5

/** Waits until a transaction is confirmed. */
export function signatureConfirmer(call: RpcCall): (signature: string) => Promise<void> {
  return async (signature) => {
    const deadline = performance.now() + confirmTimeoutMs
    while (performance.now() < deadline) {
      const { value } = (await call('getSignatureStatuses', [[signature]])) as {
        value: readonly (SignatureStatus | null)[]
      }
      const status = value[0]
      if (status?.err) throw await failure(signature, status.err)
      if (status?.confirmationStatus === 'confirmed' || status?.confirmationStatus === 'finalized') return
      await delay(pollMs)
    }
    throw new Error(`transaction ${signature} was not confirmed in ${confirmTimeoutMs} ms`)
  }

  async function failure(signature: string, err: unknown): Promise<Error> {
    const options = { encoding: 'base64', commitment: 'confirmed', maxSupportedTransactionVersion: 0 }
    const transaction = (await call('getTransaction', [signature, options])) as {
      meta?: { logMessages?: readonly string[] }
    } | null
    const logs = transaction?.meta?.logMessages ?? []
    return new Error([`transaction failed: ${JSON.stringify(err)}`, ...logs].join('\n  '))
  }
}

export function transactionSender(call: RpcCall, payer: Keypair): SendTransaction {
  const confirm = signatureConfirmer(call)
  let sent = 0
  let last: Promise<void> = Promise.resolve()

  async function sendNow(instructions: readonly TransactionInstruction[], signers: readonly Keypair[]) {
    // Equal transactions in one block have one signature, and the second is refused as already processed.
    // A price that grows with every transaction keeps them apart.
    sent += 1
    const price = ComputeBudgetProgram.setComputeUnitPrice({ microLamports: sent })
    const { value } = (await call('getLatestBlockhash', [{ commitment: 'confirmed' }])) as {
      value: { blockhash: string; lastValidBlockHeight: number }
    }
    const transaction = new Transaction({ feePayer: payer.publicKey, ...value }).add(price, ...instructions)
    transaction.sign(payer, ...signers)
    const options = { encoding: 'base64', skipPreflight: true }
    const signature = await call('sendTransaction', [transaction.serialize().toString('base64'), options])
    await confirm(String(signature))
  }

  // One at a time, which costs nothing since Surfpool executes them in turn. Of a hundred in flight under load
  // it acknowledges some and never executes them.
  return (instructions, signers = []) => {
    const result = last.then(() => sendNow(instructions, signers))
    last = result.catch(() => undefined)
    return result
  }
}
