import type { PublicKey } from '@solana/web3.js'
import { LRUCache } from 'lru-cache'
import { TOKEN_PROGRAM } from './token-programs.js'

const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'

// As many as a cache keeps balances by default: to find one anew takes hundreds of microseconds.
const MAX_ADDRESSES = 100_000

/** Finds the address of a wallet's own account of a mint: the one that only its program can make, and for it alone. */
export type AssociatedAddresses = (
  Key: typeof PublicKey,
  owner: string,
  mint: string,
  program: string,
) => string

/** Makes what finds such addresses and remembers them. */
export function associatedAddresses(): AssociatedAddresses {
  // By size, so that no room is taken for wallets that never come.
  const known = new LRUCache<string, string>({ maxSize: MAX_ADDRESSES, sizeCalculation: () => 1 })
  return (Key, owner, mint, program) => {
    const name = `${program === TOKEN_PROGRAM ? '' : '+'}${mint}${owner}`
    const found = known.get(name)
    if (found !== undefined) return found
    const seeds = [owner, program, mint].map((address) => new Key(address).toBytes())
    const address = Key.findProgramAddressSync(seeds, new Key(ASSOCIATED_TOKEN_PROGRAM))[0].toBase58()
    known.set(name, address)
    return address
  }
}
