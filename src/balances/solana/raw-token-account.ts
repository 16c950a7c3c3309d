import { UnusableAnswer } from '../breaker.js'
import { type MintFacts, SYSTEM_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAMS } from './token-programs.js'

// The layouts of the token programs: what is behind the plain account is Token-2022's, after a byte for the type.
const MINT_BYTES = 82
const ACCOUNT_BYTES = 165
const MULTISIG_BYTES = 355
const TYPE_AT = ACCOUNT_BYTES
const MINT_TYPE = 1
const ACCOUNT_TYPE = 2
const DECIMALS_AT = 44
const IS_INITIALIZED_AT = 45
const OWNER_AT = 32
const AMOUNT_AT = 64
const STATE_AT = 108
const INITIALIZED = 1
const FROZEN = 2

/** How much of an account is read: so much that a multisig is told by its length. */
export const RAW_BYTES: number = MULTISIG_BYTES + 1

/** Whose account of which mint is looked for, in raw addresses. */
export interface Holding {
  readonly owner: Uint8Array
  readonly mint: Uint8Array
  /** The mint's program. */
  readonly program: string
}

/**
 * What an associated account holds, by its bytes. A frozen one holds nothing, as one that does not exist, or to whose
 * address somebody has merely sent SOL.
 *
 * @throws UnusableAnswer where it is not what was asked for.
 */
export function heldIn(answered: unknown, { owner, mint, program }: Holding): bigint {
  const account = readAccount(answered)
  if (account === null) return 0n
  const { data } = account
  if (account.program === SYSTEM_PROGRAM && data.length === 0) return 0n
  if (account.program !== program) throw new UnusableAnswer("an account is not of its mint's program")
  if (!isOf(ACCOUNT_TYPE, ACCOUNT_BYTES, program, data)) {
    throw new UnusableAnswer('an account is not a token account')
  }
  if (!isAt(0, mint, data)) throw new UnusableAnswer('an account is of another mint')
  if (!isAt(OWNER_AT, owner, data)) throw new UnusableAnswer('an account is of another owner')
  const state = data[STATE_AT]
  if (state !== INITIALIZED && state !== FROZEN) throw new UnusableAnswer('an account has no known state')
  return state === FROZEN ? 0n : data.readBigUInt64LE(AMOUNT_AT)
}

/**
 * What is to be known of a mint, by its bytes.
 *
 * @throws UnusableAnswer where it is none.
 */
export function factsOf(answered: unknown): MintFacts {
  const account = readAccount(answered)
  if (account === null) throw new UnusableAnswer('the mint does not exist')
  const { program, data } = account
  if (!TOKEN_PROGRAMS.has(program) || !isOf(MINT_TYPE, MINT_BYTES, program, data)) {
    throw new UnusableAnswer('it is not a mint')
  }
  if (data[IS_INITIALIZED_AT] !== 1) throw new UnusableAnswer('the mint is not initialized')
  return { program, decimals: data.readUInt8(DECIMALS_AT) }
}

interface RawAccount {
  readonly program: string
  readonly data: Buffer
}

function readAccount(answered: unknown): RawAccount | null {
  if (answered === null) return null
  const { owner, data } = (answered ?? {}) as { owner?: unknown; data?: unknown }
  const [text, encoding] = Array.isArray(data) ? data : []
  if (typeof owner !== 'string' || typeof text !== 'string' || encoding !== 'base64') {
    throw new UnusableAnswer('an account has not the form of one')
  }
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what is no base64.
  if (bytes.toString('base64') !== text) throw new UnusableAnswer('an account is not in base64')
  return { program: owner, data: bytes }
}

function isOf(type: number, plainBytes: number, program: string, data: Buffer): boolean {
  if (data.length === plainBytes) return true
  return (
    program === TOKEN_2022_PROGRAM &&
    data.length > TYPE_AT &&
    data.length !== MULTISIG_BYTES &&
    data[TYPE_AT] === type
  )
}

function isAt(at: number, address: Uint8Array, data: Buffer): boolean {
  return data.subarray(at, at + address.length).equals(address)
}
