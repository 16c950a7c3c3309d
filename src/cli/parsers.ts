import { InvalidArgumentError } from 'commander'
import { isPrefix, PREFIX_RULE } from '../credentials/api-key-format.js'
import { isName, NAME_RULE } from '../credentials/credential-name.js'
import { isWalletAddress } from '../wallet-address.js'
import { DURATION_RULE, durationSeconds } from './duration.js'

/** Reads what stands behind an option. */
export type Parser<T> = (text: string) => T

/** Reads an option that may be given several times, or several values at once. */
export function each<T>(parse: Parser<T>): (text: string, before: readonly T[] | undefined) => readonly T[] {
  return (text, before = []) => [...before, parse(text)]
}

/** Any text but the empty one. */
export const text: Parser<string> = checked((value) => value.trim() !== '', 'It must not be empty.')

/** What a credential is called. */
export const credentialName: Parser<string> = checked(isName, `It must be ${NAME_RULE}.`)

/** What stands before the underscore of a key. */
export const keyPrefix: Parser<string> = checked(isPrefix, `It must be ${PREFIX_RULE}.`)

/** The address of a wallet. */
export const wallet: Parser<string> = checked(isWalletAddress, 'It must be a base58 Solana address.')

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): Parser<number> {
  return (value) => {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

/** Seconds: a plain number of them, or a duration. */
export function seconds(least: number, most: number): Parser<number> {
  return (value) => {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : (durationSeconds(value) ?? Number.NaN)
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`It must be ${least} to ${most} seconds: a number, or ${DURATION_RULE}.`)
  }
}

function checked(isFine: (value: string) => boolean, rule: string): Parser<string> {
  return (value) => {
    if (isFine(value)) return value
    throw new InvalidArgumentError(rule)
  }
}
