const DIGITS = /^\d{1,4}$/
const MAX_MCC = 9999

/**
 * Reads a merchant category code (ISO 18245), which some write as a number and some as a string: 742, '742' and '0742'
 * are one code.
 *
 * @returns Four digits; `undefined` where it is no code.
 */
export function readMcc(value: unknown): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 && value <= MAX_MCC ? padded(String(value)) : undefined
  }
  return typeof value === 'string' && DIGITS.test(value) ? padded(value) : undefined
}

function padded(digits: string): string {
  return digits.padStart(4, '0')
}
