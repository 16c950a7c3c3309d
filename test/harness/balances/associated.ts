import { PublicKey } from '@solana/web3.js'

/** The token programs, by the names that the servers of tests have for them. */
export const PROGRAMS = {
  'spl-token': 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'token-2022': 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
} as const

const ASSOCIATED = new PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')

/** Where the wallet's own account of a mint is, as the library has it. */
export function associated(
  owner: string,
  mint: string,
  program: keyof typeof PROGRAMS = 'spl-token',
): string {
  const seeds = [owner, PROGRAMS[program], mint].map((address) => new PublicKey(address).toBytes())
  return PublicKey.findProgramAddressSync(seeds, ASSOCIATED)[0].toBase58()
}
