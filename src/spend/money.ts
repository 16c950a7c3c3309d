import { isWalletAddress } from '../wallet-address.js'
import type { FieldProblem } from './field-problem.js'

/** An amount in minor units of an ISO 4217 currency, or in base units of an SPL token. Never a fraction. */
export type Money =
  | { readonly amountMinor: bigint; readonly currency: string }
  | { readonly units: bigint; readonly mint: string }

/** The largest amount that can be spent, or named as a limit: what an SPL token account can hold. */
export const MAX_AMOUNT: bigint = 2n ** 64n - 1n

/** What a value has to be for {@link readAmount} to read it. */
export const AMOUNT_PROBLEM: string = `must be a whole number from 1 to ${MAX_AMOUNT}; above ${Number.MAX_SAFE_INTEGER} as a string of digits`

const DIGITS = /^[1-9]\d{0,19}$/
const MINT_PREFIX = 'mint:'

let currencies: ReadonlySet<string> | undefined

/**
 * Reads an amount: a safe integer, a bigint, or a string of digits without sign, leading zeros, exponent or spaces.
 *
 * @returns `undefined` where it is anything else, or not from 1 to {@link MAX_AMOUNT}.
 */
export function readAmount(value: unknown): bigint | undefined {
  const amount = integerOf(value)
  return amount !== undefined && amount >= 1n && amount <= MAX_AMOUNT ? amount : undefined
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && DIGITS.test(value) ? BigInt(value) : undefined
}

/**
 * Reads `currency` or `mint`, of which there must be exactly one.
 *
 * @returns The asset as {@link assetOf} names it, or what is wrong.
 */
export function readAsset(members: Readonly<Record<string, unknown>>): string | FieldProblem {
  const { currency, mint } = members
  if (mint === undefined) {
    if (currency === undefined) return { path: 'currency', problem: 'is missing: name a currency or a mint' }
    return isCurrency(currency) ? currency : { path: 'currency', problem: CURRENCY_PROBLEM }
  }
  if (currency !== undefined) return { path: 'mint', problem: 'cannot stand beside a currency' }
  return isMint(mint) ? MINT_PREFIX + mint : { path: 'mint', problem: MINT_PROBLEM }
}

/** What a value has to be for {@link isCurrency}. */
export const CURRENCY_PROBLEM: string = 'must be an ISO 4217 code in upper case, such as USD'

/** What a value has to be for {@link isMint}. */
export const MINT_PROBLEM: string = 'must be the address of a mint: 32 bytes in base58'

/** Whether a value is the upper-case code of a currency that this runtime knows. */
export function isCurrency(value: unknown): value is string {
  currencies ??= new Set(Intl.supportedValuesOf('currency'))
  return typeof value === 'string' && currencies.has(value)
}

/** Whether a value is a Solana address. */
export function isMint(value: unknown): value is string {
  return typeof value === 'string' && isWalletAddress(value)
}

/**
 * Reads an amount of money out of `amount` and either `currency` or `mint`. Other members are not looked at.
 *
 * @returns The money, or the first thing that is wrong.
 */
export function readMoney(members: Readonly<Record<string, unknown>>): Money | FieldProblem {
  const amount = readAmount(members.amount)
  if (amount === undefined) return { path: 'amount', problem: AMOUNT_PROBLEM }
  const asset = readAsset(members)
  return typeof asset === 'string' ? moneyOf(amount, asset) : asset
}

/** An amount of an asset, as {@link assetOf} names it. */
export function moneyOf(amount: bigint, asset: string): Money {
  const mint = mintOf(asset)
  return Object.freeze(
    mint === undefined ? { amountMinor: amount, currency: asset } : { units: amount, mint },
  )
}

/** How much it is: minor units of its currency, or base units of its token. */
export function amountOf(money: Money): bigint {
  return 'mint' in money ? money.units : money.amountMinor
}

/** What it is an amount of: a currency's code, or `mint:` and an address. Amounts of two assets are never summed. */
export function assetOf(money: Money): string {
  return 'mint' in money ? MINT_PREFIX + money.mint : money.currency
}

/** The address in an asset's name; `undefined` where it is a currency. */
export function mintOf(asset: string): string | undefined {
  return asset.startsWith(MINT_PREFIX) ? asset.slice(MINT_PREFIX.length) : undefined
}

/** For people: `1200 minor units of USD`. Says nothing of decimals, which a mint alone knows. */
export function describeMoney(money: Money): string {
  return 'mint' in money
    ? `${money.units} base units of ${money.mint}`
    : `${money.amountMinor} minor units of ${money.currency}`
}
