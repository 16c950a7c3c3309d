import bs58 from 'bs58'

/** What a token account has in its bytes. */
export interface RawTokenAccount {
  readonly mint: string
  readonly owner: string
  readonly amount: bigint
  readonly state: 'initialized' | 'frozen' | 'uninitialized'
  /** Whether it is of Token-2022, with the one extension of an associated account. */
  readonly isExtended: boolean
}

const states = { uninitialized: 0, initialized: 1, frozen: 2 }
const accountLength = 165
const mintLength = 82
const immutableOwner = 7
const metadataPointer = 18

/** The bytes of a token account; an amount beyond 64 bits is cut off. */
export function rawTokenAccount({ mint, owner, amount, state, isExtended }: RawTokenAccount): Buffer {
  const data = Buffer.alloc(isExtended ? accountLength + 5 : accountLength)
  data.set(bs58.decode(mint), 0)
  data.set(bs58.decode(owner), 32)
  data.writeBigUInt64LE(BigInt.asUintN(64, amount), 64)
  data[108] = states[state]
  if (isExtended) {
    data[accountLength] = 2
    data.writeUInt16LE(immutableOwner, accountLength + 1)
  }
  return data
}

/** The bytes of a mint; `isExtended` says whether it has an extension, which only one of Token-2022 can have. */
export function rawMint(decimals: number, supply: bigint, isExtended = false): Buffer {
  const data = Buffer.alloc(isExtended ? accountLength + 5 + 64 : mintLength)
  data.writeBigUInt64LE(BigInt.asUintN(64, supply), 36)
  data[44] = decimals
  data[45] = 1
  if (isExtended) {
    data[accountLength] = 1
    data.writeUInt16LE(metadataPointer, accountLength + 1)
    data.writeUInt16LE(64, accountLength + 3)
  }
  return data
}

/** What `dataSlice` of a call leaves of an account's bytes. */
export function sliced(data: Buffer, config: unknown): Buffer {
  const { dataSlice } = (config ?? {}) as { dataSlice?: { offset: number; length: number } }
  return dataSlice === undefined ? data : data.subarray(dataSlice.offset, dataSlice.offset + dataSlice.length)
}
