/** SPL Token. */
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
/** Token-2022, whose accounts may be longer. */
export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb'
/** What owns an address that holds SOL and nothing else. */
export const SYSTEM_PROGRAM = '11111111111111111111111111111111'

/** The programs whose accounts hold tokens. */
export const TOKEN_PROGRAMS: ReadonlySet<string> = new Set([TOKEN_PROGRAM, TOKEN_2022_PROGRAM])

/** What no mint ever changes. */
export interface MintFacts {
  /** The token program that it belongs to, and with it every account of it. */
  readonly program: string
  readonly decimals: number
}
