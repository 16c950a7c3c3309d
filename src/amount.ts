/** A non-negative decimal number, exactly: `digits / 10 ** scale`. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** A decimal that remembers what it is in base units: a minimum is compared with every request's balance. */
class ParsedDecimal implements Decimal {
  readonly digits: bigint
  readonly scale: number
  #decimals = -1
  #units = 0n

  constructor(digits: bigint, scale: number) {
    this.digits = digits
    this.scale = scale
  }

  unitsAtLeast(decimals: number): bigint {
    if (decimals !== this.#decimals) {
      this.#units = computeUnits(this, decimals)
      this.#decimals = decimals
    }
    return this.#units
  }
}

const DECIMAL = /^(\d{1,40})(?:\.(\d{1,30}))?$/

/**
 * Reads a plain decimal string such as `50000` or `0.25`. Signs, exponents, separators and spaces are not numbers
 * here.
 *
 * @returns `undefined` where the text is anything else.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const significant = fraction.replace(/0+$/, '')
  return new ParsedDecimal(BigInt(whole + significant), significant.length)
}

/** The least whole number of base units that is not below `decimal`. */
export function unitsAtLeast(decimal: Decimal, decimals: number): bigint {
  return decimal instanceof ParsedDecimal ? decimal.unitsAtLeast(decimals) : computeUnits(decimal, decimals)
}

function computeUnits(decimal: Decimal, decimals: number): bigint {
  if (decimals >= decimal.scale) return decimal.digits * 10n ** BigInt(decimals - decimal.scale)
  const divisor = 10n ** BigInt(decimal.scale - decimals)
  return (decimal.digits + divisor - 1n) / divisor
}

/** Base units as a decimal string without superfluous zeros: `formatUnits(1_500_000_000n, 9)` is `1.5`. */
export function formatUnits(units: bigint, decimals: number): string {
  if (decimals === 0) return units.toString()
  const digits = units.toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  const whole = digits.slice(0, -decimals)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** A {@link Decimal} as its shortest decimal string. */
export function formatDecimal(decimal: Decimal): string {
  return formatUnits(decimal.digits, decimal.scale)
}
