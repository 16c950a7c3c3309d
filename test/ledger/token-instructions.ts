/**
 * The instructions of the SPL Token, Token-2022 and Associated Token Account programs that the ledger sends.
 * They are written out here because `@solana/spl-token` brings bigint-buffer: a compile step at install, an
 * unfixed advisory and a `console.warn` at import. The programs on the ledger check every byte of them.
 */
import { type AccountMeta, PublicKey, SystemProgram, TransactionInstruction } from '@solana/web3.js'

/** The two token programs, by the names the RPC's jsonParsed encoding gives their families. */
export type TokenProgram = 'spl-token' | 'token-2022'

/** Size in bytes of a mint without extensions, in both programs. */
export const mintSize = 82
/** Size in bytes of a token account without extensions, in both programs. */
export const tokenAccountSize = 165

const programIds: Readonly<Record<TokenProgram, PublicKey>> = {
  'spl-token': new PublicKey('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'),
  'token-2022': new PublicKey('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb'),
}
const associatedProgramId = new PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')

const opcode = {
  setAuthority: 6,
  mintTo: 7,
  freezeAccount: 10,
  transferChecked: 12,
  initializeAccount3: 18,
  initializeMint2: 20,
} as const

const accountOwnerAuthority = 2
const present = 1

export function tokenProgramId(program: TokenProgram): PublicKey {
  return programIds[program]
}

/** Whether an account with this owner belongs to one of the two token programs. */
export function isTokenProgramId(owner: PublicKey): boolean {
  return Object.values(programIds).some((id) => id.equals(owner))
}

/** A mint and the program that owns it: what most instructions need to know. */
export interface MintRef {
  readonly address: PublicKey
  readonly programId: PublicKey
}

/** The associated account of `owner`, which may lie off the curve. */
export function associatedAddress(mint: MintRef, owner: PublicKey): PublicKey {
  const seeds = [owner.toBuffer(), mint.programId.toBuffer(), mint.address.toBuffer()]
  return PublicKey.findProgramAddressSync(seeds, associatedProgramId)[0]
}

/** Creates the associated account of `owner`; succeeds without effect where it exists. */
export function createAssociatedAccount(mint: MintRef, owner: PublicKey, payer: PublicKey) {
  return new TransactionInstruction({
    programId: associatedProgramId,
    keys: [
      signer(payer, true),
      writable(associatedAddress(mint, owner)),
      readable(owner),
      readable(mint.address),
      readable(SystemProgram.programId),
      readable(mint.programId),
    ],
    data: Buffer.from([1]),
  })
}

/** Makes an allocated account a mint whose mint and freeze authority are both `authority`. */
export function initializeMint(mint: MintRef, decimals: number, authority: PublicKey) {
  const data = [Buffer.from([opcode.initializeMint2, decimals]), authority.toBuffer()]
  return tokenInstruction(mint.programId, [writable(mint.address)], ...data, optional(authority))
}

/** Makes an allocated account a token account of `owner`. */
export function initializeAccount(mint: MintRef, account: PublicKey, owner: PublicKey) {
  const keys = [writable(account), readable(mint.address)]
  return tokenInstruction(mint.programId, keys, Buffer.from([opcode.initializeAccount3]), owner.toBuffer())
}

export function mintTo(mint: MintRef, account: PublicKey, authority: PublicKey, amount: bigint) {
  const keys = [writable(mint.address), writable(account), signer(authority)]
  return tokenInstruction(mint.programId, keys, Buffer.from([opcode.mintTo]), u64(amount))
}

/** Moves `amount` between two accounts; the program refuses it when `decimals` is not the mint's. */
export function transferChecked(
  mint: MintRef,
  decimals: number,
  move: { from: PublicKey; to: PublicKey; owner: PublicKey; amount: bigint },
) {
  const keys = [writable(move.from), readable(mint.address), writable(move.to), signer(move.owner)]
  const data = [Buffer.from([opcode.transferChecked]), u64(move.amount), Buffer.from([decimals])]
  return tokenInstruction(mint.programId, keys, ...data)
}

export function freezeAccount(mint: MintRef, account: PublicKey, authority: PublicKey) {
  const keys = [writable(account), readable(mint.address), signer(authority)]
  return tokenInstruction(mint.programId, keys, Buffer.from([opcode.freezeAccount]))
}

/** Hands a token account to a new owner. */
export function setAccountOwner(programId: PublicKey, account: PublicKey, from: PublicKey, to: PublicKey) {
  const keys = [writable(account), signer(from)]
  const head = Buffer.from([opcode.setAuthority, accountOwnerAuthority])
  return tokenInstruction(programId, keys, head, optional(to))
}

function tokenInstruction(programId: PublicKey, keys: AccountMeta[], ...data: Uint8Array[]) {
  return new TransactionInstruction({ programId, keys, data: Buffer.concat(data) })
}

function optional(key: PublicKey): Uint8Array {
  return Buffer.concat([Buffer.from([present]), key.toBuffer()])
}

function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

function readable(pubkey: PublicKey): AccountMeta {
  return { pubkey, isSigner: false, isWritable: false }
}

function writable(pubkey: PublicKey): AccountMeta {
  return { pubkey, isSigner: false, isWritable: true }
}

function signer(pubkey: PublicKey, isWritable = false): AccountMeta {
  return { pubkey, isSigner: true, isWritable }
}
