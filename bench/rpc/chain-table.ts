import { PublicKey } from '@solana/web3.js'

/** One JSON-RPC call, as it comes in. */
export interface Call {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

/** Wallets that hold so much of a mint each, in their associated accounts. */
export interface Holdings {
  readonly mint: string
  readonly wallets: readonly string[]
  /** In base units, as text: it goes from one process to another. */
  readonly amount: string
}

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
const ASSOCIATED_TOKEN_PROGRAM = new PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')
const DECIMALS = 9
const MINT_BYTES = 82
const ACCOUNT_BYTES = 165
const RENT = { executable: false, lamports: 2_039_280, rentEpoch: 0 }

/** What a node of a small chain knows, told as Agave tells it. */
export interface ChainTable {
  hold(holdings: Holdings): void
  /** The `result` of a call. */
  answer(call: Call): unknown
}

interface Account {
  readonly mint: string
  readonly owner: string
  readonly address: string
  readonly amount: bigint
}

export function chainTable(): ChainTable {
  const mints = new Set<string>()
  const accounts = new Map<string, Account>()
  const ofOwner = new Map<string, Account>()
  let slot = 1

  function rawAccount(address: string, config: unknown) {
    const account = accounts.get(address)
    if (account === undefined && !mints.has(address)) return null
    const bytes = account === undefined ? mintBytes() : accountBytes(account)
    const { dataSlice } = config as {
      readonly dataSlice?: { readonly offset: number; readonly length: number }
    }
    const { offset, length } = dataSlice ?? { offset: 0, length: bytes.length }
    const data = [bytes.subarray(offset, offset + length).toString('base64'), 'base64']
    return { ...RENT, owner: TOKEN_PROGRAM, data, space: bytes.length }
  }

  function valueFor({ method, params: [about, ...rest] }: Call): unknown {
    switch (method) {
      case 'getMultipleAccounts':
        return (about as readonly string[]).map((address) => rawAccount(address, rest[0]))
      case 'getTokenAccountsByOwner': {
        const { mint } = rest[0] as { readonly mint: string }
        const account = ofOwner.get(`${mint} ${about}`)
        return account === undefined ? [] : [{ pubkey: account.address, account: parsedAccount(account) }]
      }
      case 'getAccountInfo':
        return mints.has(String(about)) ? parsed('mint', mintInfo(), MINT_BYTES) : null
      default:
        throw new RangeError(`this chain knows no ${method}`)
    }
  }

  return {
    hold({ mint, wallets, amount }) {
      mints.add(mint)
      for (const owner of wallets) {
        const address = associatedAddress(owner, mint)
        const account = { mint, owner, address, amount: BigInt(amount) }
        accounts.set(address, account)
        ofOwner.set(`${mint} ${owner}`, account)
      }
    },
    answer(call) {
      return { context: { apiVersion: '3.0.6', slot: ++slot }, value: valueFor(call) }
    },
  }
}

function associatedAddress(owner: string, mint: string): string {
  const seeds = [owner, TOKEN_PROGRAM, mint].map((address) => new PublicKey(address).toBytes())
  return PublicKey.findProgramAddressSync(seeds, ASSOCIATED_TOKEN_PROGRAM)[0].toBase58()
}

function mintBytes(): Buffer {
  const bytes = Buffer.alloc(MINT_BYTES)
  bytes[44] = DECIMALS
  bytes[45] = 1
  return bytes
}

function accountBytes({ mint, owner, amount }: Account): Buffer {
  const bytes = Buffer.alloc(ACCOUNT_BYTES)
  bytes.set(new PublicKey(mint).toBytes(), 0)
  bytes.set(new PublicKey(owner).toBytes(), 32)
  bytes.writeBigUInt64LE(amount, 64)
  bytes[108] = 1
  return bytes
}

function parsed(type: string, info: object, space: number): object {
  const data = { program: 'spl-token', parsed: { type, info }, space }
  return { ...RENT, owner: TOKEN_PROGRAM, data, space }
}

function parsedAccount({ mint, owner, amount }: Account): object {
  const tokenAmount = { amount: String(amount), decimals: DECIMALS, uiAmount: null, uiAmountString: '' }
  return parsed('account', { isNative: false, mint, owner, state: 'initialized', tokenAmount }, ACCOUNT_BYTES)
}

function mintInfo(): object {
  return { decimals: DECIMALS, freezeAuthority: null, isInitialized: true, mintAuthority: null, supply: '0' }
}
