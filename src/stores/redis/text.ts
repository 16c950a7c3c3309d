/**
 * A text as part of a name in Redis. No two texts have the same: UTF-8 has no lone surrogates, and whoever encodes them
 * makes them all one.
 */
export function nameOf(text: string): string {
  return text.replace(/[\\\p{Surrogate}]/gu, (unit) =>
    unit === '\\' ? '\\\\' : `\\u${unit.charCodeAt(0).toString(16)}`,
  )
}

const SIGN = 1n << 63n

/** A number as 16 characters that sort as the numbers do. */
export function sortableOf(number: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, number)
  const bits = view.getBigUint64(0)
  const sortable = bits & SIGN ? BigInt.asUintN(64, ~bits) : bits | SIGN
  return sortable.toString(16).padStart(16, '0')
}
