import { PublicKey } from '@solana/web3.js'

/** Whose balances there are: so many wallets, each with an associated account that holds a million tokens. */
export interface NodeStandIn {
  readonly mint: string
  readonly owners: readonly string[]
  /** Requests that were answered, and the wallets that were asked for by them. */
  readonly seen: { requests: number; wallets: number }
  /** Gives the process its own `fetch` back. */
  end(): void
}

const TOKEN_PROGRAM = new PublicKey('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA')
const ASSOCIATED_TOKEN_PROGRAM = new PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')
const DECIMALS = 6

/** Answers in the place of a Solana node, without a socket: `getMultipleAccounts` alone, after `latencyMs`. */
export function beginNode(wallets: number, latencyMs: number): NodeStandIn {
  const { fetch } = globalThis
  const mint = addressOf(0xffff)
  const owners = Array.from({ length: wallets }, (_, at) => addressOf(at))
  const accounts = new Map([[mint.toBase58(), mintAccount()]])
  for (const owner of owners) {
    const seeds = [owner, TOKEN_PROGRAM, mint].map((key) => key.toBytes())
    const [associated] = PublicKey.findProgramAddressSync(seeds, ASSOCIATED_TOKEN_PROGRAM)
    accounts.set(associated.toBase58(), tokenAccount(mint, owner))
  }
  const seen = { requests: 0, wallets: 0 }

  globalThis.fetch = async (_url, init) => {
    const { id, method, params } = JSON.parse(String(init?.body))
    if (method !== 'getMultipleAccounts') throw new Error(`nobody was to call ${method}`)
    const [addresses] = params as [string[]]
    const value = addresses.map((address) => accounts.get(address) ?? null)
    seen.requests++
    seen.wallets += value.filter((account) => account?.data[0].length === TOKEN_ACCOUNT_LENGTH).length
    await new Promise<void>((resolve) => setTimeout(resolve, latencyMs))
    return Response.json({ jsonrpc: '2.0', id, result: { context: { slot: 1 }, value } })
  }
  return {
    mint: mint.toBase58(),
    owners: owners.map((owner) => owner.toBase58()),
    seen,
    end() {
      globalThis.fetch = fetch
    },
  }
}

function addressOf(at: number): PublicKey {
  const bytes = Buffer.alloc(32, 7)
  bytes.writeUInt32BE(at)
  return new PublicKey(bytes)
}

function mintAccount() {
  const bytes = Buffer.alloc(82)
  bytes[44] = DECIMALS
  bytes[45] = 1
  return accountOf(bytes)
}

function tokenAccount(mint: PublicKey, owner: PublicKey) {
  const bytes = Buffer.alloc(165)
  bytes.set(mint.toBytes(), 0)
  bytes.set(owner.toBytes(), 32)
  bytes.writeBigUInt64LE(1_000_000n * 10n ** BigInt(DECIMALS), 64)
  bytes[108] = 1
  return accountOf(bytes)
}

// 165 bytes in base64.
const TOKEN_ACCOUNT_LENGTH = 220

function accountOf(bytes: Buffer) {
  const data: [string, string] = [bytes.toString('base64'), 'base64']
  return { data, owner: TOKEN_PROGRAM.toBase58(), lamports: 2_039_280, executable: false, rentEpoch: 0 }
}
