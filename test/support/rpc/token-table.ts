import { randomBytes } from 'node:crypto'
import bs58 from 'bs58'
import type { RpcRequest } from './json-rpc-body.js'
import { rawMint, rawTokenAccount, sliced } from './raw-accounts.js'

export type TokenProgram = 'spl-token' | 'token-2022'

export interface FaultMint {
  readonly decimals: number
  readonly program?: TokenProgram
  readonly supply?: bigint
  /** The program the account claims to belong to; the mint's own by default. */
  readonly programId?: string
  /** Whether it has an extension, where it is of Token-2022. It shows in its bytes alone. */
  readonly isExtended?: boolean
  /** Merged over the parsed `info`, for answers no real mint gives. */
  readonly info?: Readonly<Record<string, unknown>>
  /** Makes something else of its bytes: other bytes, or what is answered for the whole account. */
  readonly raw?: (bytes: Buffer) => unknown
}

/** One account of an answer. What is left out is the truth about the owner and mint it was set for. */
export interface FaultAccount {
  readonly amount: bigint
  readonly state?: 'initialized' | 'frozen' | 'uninitialized'
  /** Random by default, and the same in every answer until the accounts are set again. */
  readonly pubkey?: string
  readonly owner?: string
  readonly mint?: string
  readonly decimals?: number
  /** Names the program in the parsed data and decides the account's size. */
  readonly program?: TokenProgram
  /** The program the account claims to belong to, where that is to contradict `program`. */
  readonly programId?: string
  /** Merged over the parsed `info`, for answers no real account gives. */
  readonly info?: Readonly<Record<string, unknown>>
  /** Makes something else of its bytes: other bytes, or what is answered for the whole account. */
  readonly raw?: (bytes: Buffer) => unknown
}

/** What a real server reports as `error`. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** The accounts of an imaginary chain, told as Agave does: parsed, or several at a time in their bytes. */
export interface TokenTable {
  setMint(mint: string, options: FaultMint): void
  setAccounts(owner: string, mint: string, accounts: readonly FaultAccount[]): void
  setSlot(slot: number): void
  /** Whether there is SOL at an address that is no mint and no token account. */
  setLamports(address: string): void
  /** The `result` of a call; throws `RpcError` where a real server answers an error. */
  answer(request: RpcRequest): unknown
}

const programIds: Readonly<Record<TokenProgram, string>> = {
  'spl-token': 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'token-2022': 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
}
const parserNames: Readonly<Record<TokenProgram, string>> = {
  'spl-token': 'spl-token',
  'token-2022': 'spl-token-2022',
}

const systemProgram = '11111111111111111111111111111111'
const invalidParams = -32602
const methodNotFound = -32601
const minContextSlotNotReached = -32016
const keyLength = 32
const maxAccounts = 100
const mintAuthority = randomKey()

// Agave reports 2^64 - 1, which JSON.stringify cannot print: a mark stands in for it until the text is made.
const rentEpochMark = '18446744073709551615'

/** JSON as a validator prints it. */
export function stringifyAnswer(answer: unknown): string {
  return JSON.stringify(answer).replaceAll(`"rentEpoch":"${rentEpochMark}"`, `"rentEpoch":${rentEpochMark}`)
}

export function tokenTable(): TokenTable {
  const mints = new Map<string, FaultMint>()
  const holdings = new Map<string, { owner: string; mint: string; accounts: readonly FaultAccount[] }>()
  const funded = new Set<string>()
  let slot = 1_000

  function getAccountInfo([address, config]: readonly unknown[]) {
    requireParsed(config)
    const mint = mints.get(requireKey(address))
    return inContext(config, mint === undefined ? null : mintAccount(mint))
  }

  function getMultipleAccounts([addresses, config]: readonly unknown[]) {
    const { encoding } = (config ?? {}) as { encoding?: unknown }
    if (encoding !== 'base64') throw new RpcError(invalidParams, 'this server tells several in base64 only')
    if (!Array.isArray(addresses)) throw new RpcError(invalidParams, 'Invalid param: not a list')
    if (addresses.length > maxAccounts) {
      throw new RpcError(invalidParams, `Too many inputs provided; max ${maxAccounts}`)
    }
    return inContext(
      config,
      addresses.map((address) => rawAt(requireKey(address), config)),
    )
  }

  function rawAt(address: string, config: unknown) {
    for (const { owner, mint, accounts } of holdings.values()) {
      const named = accounts.find(({ pubkey }) => pubkey === address)
      const known = mints.get(mint)
      if (named !== undefined && known !== undefined) {
        const program = named.program ?? programOf(known)
        const { amount, state = 'initialized' } = named
        const isExtended = program === 'token-2022'
        const bytes = rawTokenAccount({
          mint: named.mint ?? mint,
          owner: named.owner ?? owner,
          amount,
          state,
          isExtended,
        })
        return rawAccount(named.programId ?? programIds[program], bytes, config, named.raw)
      }
    }
    const mint = mints.get(address)
    if (mint !== undefined) {
      const bytes = rawMint(mint.decimals, mint.supply ?? 0n, mint.isExtended)
      return rawAccount(mint.programId ?? programIds[programOf(mint)], bytes, config, mint.raw)
    }
    return funded.has(address) ? rawAccount(systemProgram, Buffer.alloc(0), config) : null
  }

  function getTokenAccountsByOwner([owner, filter, config]: readonly unknown[]) {
    requireParsed(config)
    const ownerKey = requireKey(owner)
    const { mint, programId } = (filter ?? {}) as { mint?: unknown; programId?: unknown }
    if (mint !== undefined) {
      const mintKey = requireKey(mint)
      if (!mints.has(mintKey)) throw new RpcError(invalidParams, 'Invalid param: could not find mint')
      return inContext(config, accountsOf(ownerKey, mintKey))
    }
    const programKey = requireKey(programId)
    if (!Object.values(programIds).includes(programKey)) {
      throw new RpcError(invalidParams, 'Invalid param: unrecognized Token program id')
    }
    const ofProgram = [...mints].filter(([, known]) => programIds[programOf(known)] === programKey)
    return inContext(
      config,
      ofProgram.flatMap(([known]) => accountsOf(ownerKey, known)),
    )
  }

  function accountsOf(owner: string, mint: string) {
    const known = mints.get(mint)
    const held = holdings.get(`${owner} ${mint}`)
    return known && held ? held.accounts.map((account) => tokenAccount(account, owner, mint, known)) : []
  }

  function inContext(config: unknown, value: unknown) {
    const { minContextSlot } = (config ?? {}) as { minContextSlot?: unknown }
    if (typeof minContextSlot === 'number' && minContextSlot > slot) {
      const data = { contextSlot: slot }
      throw new RpcError(minContextSlotNotReached, 'Minimum context slot has not been reached', data)
    }
    return { context: { apiVersion: '3.0.6', slot }, value }
  }

  return {
    setMint: (mint, options) => {
      mints.set(mint, options)
    },
    setAccounts(owner, mint, accounts) {
      if (!mints.has(mint)) throw new Error(`setMint(${mint}) must come before setAccounts`)
      const named = accounts.map((account) => ({ pubkey: randomKey(), ...account }))
      holdings.set(`${owner} ${mint}`, { owner, mint, accounts: named })
    },
    setSlot: (next) => {
      slot = next
    },
    setLamports: (address) => {
      funded.add(address)
    },
    answer({ method, params }) {
      if (method === 'getAccountInfo') return getAccountInfo(params)
      if (method === 'getMultipleAccounts') return getMultipleAccounts(params)
      if (method === 'getTokenAccountsByOwner') return getTokenAccountsByOwner(params)
      throw new RpcError(methodNotFound, 'Method not found')
    },
  }
}

function mintAccount(mint: FaultMint) {
  const program = programOf(mint)
  const info = {
    decimals: mint.decimals,
    freezeAuthority: null,
    isInitialized: true,
    mintAuthority,
    supply: String(mint.supply ?? 0n),
    ...mint.info,
  }
  const programId = mint.programId ?? programIds[program]
  return parsedAccount(program, programId, { info, type: 'mint' }, { space: 82, lamports: 1_461_600 })
}

function tokenAccount(account: FaultAccount, owner: string, mint: string, known: FaultMint) {
  const program = account.program ?? programOf(known)
  const info = {
    isNative: false,
    mint: account.mint ?? mint,
    owner: account.owner ?? owner,
    state: account.state ?? 'initialized',
    tokenAmount: tokenAmount(account.amount, account.decimals ?? known.decimals),
    ...(program === 'token-2022' && { extensions: [{ extension: 'immutableOwner' }] }),
    ...account.info,
  }
  const size =
    program === 'token-2022' ? { space: 170, lamports: 2_074_080 } : { space: 165, lamports: 2_039_280 }
  const programId = account.programId ?? programIds[program]
  return {
    account: parsedAccount(program, programId, { info, type: 'account' }, size),
    pubkey: account.pubkey,
  }
}

function parsedAccount(
  program: TokenProgram,
  owner: string,
  parsed: { info: unknown; type: string },
  { space, lamports }: { space: number; lamports: number },
) {
  const data = { parsed, program: parserNames[program], space }
  return { data, executable: false, lamports, owner, rentEpoch: rentEpochMark, space }
}

function rawAccount(
  owner: string,
  bytes: Buffer,
  config: unknown,
  change: (bytes: Buffer) => unknown = (same) => same,
) {
  const changed = change(bytes)
  if (!Buffer.isBuffer(changed)) return changed
  const data = [sliced(changed, config).toString('base64'), 'base64']
  return {
    data,
    executable: false,
    lamports: 890_880,
    owner,
    rentEpoch: rentEpochMark,
    space: changed.length,
  }
}

function tokenAmount(amount: bigint, decimals: number) {
  const digits = String(amount < 0n ? -amount : amount).padStart(decimals + 1, '0')
  const point = digits.length - decimals
  const fraction = digits.slice(point).replace(/0+$/, '')
  const sign = amount < 0n ? '-' : ''
  const uiAmountString = `${sign}${digits.slice(0, point)}${fraction && `.${fraction}`}`
  return { amount: String(amount), decimals, uiAmount: Number(uiAmountString), uiAmountString }
}

function programOf(mint: FaultMint): TokenProgram {
  return mint.program ?? 'spl-token'
}

function requireParsed(config: unknown): void {
  const { encoding } = (config ?? {}) as { encoding?: unknown }
  if (encoding !== 'jsonParsed') throw new RpcError(invalidParams, 'this server speaks jsonParsed only')
}

function requireKey(value: unknown): string {
  const bytes = typeof value === 'string' ? bs58.decodeUnsafe(value) : undefined
  if (typeof value !== 'string' || bytes === undefined) {
    throw new RpcError(invalidParams, 'Invalid param: Invalid')
  }
  if (bytes.length !== keyLength) throw new RpcError(invalidParams, 'Invalid param: WrongSize')
  return value
}

function randomKey(): string {
  return bs58.encode(randomBytes(keyLength))
}
