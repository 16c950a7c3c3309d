import fc from 'fast-check'
import { formatUnits, parseDecimal } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { formatDecimal, unitsAtLeast } from '../../src/amount.js'

const parsed = (text: string) => {
  const decimal = parseDecimal(text)
  if (decimal === undefined) throw new Error(`${text} is no decimal`)
  return decimal
}

describe('a decimal', () => {
  it.each([
    ['50000', 50_000n, 0],
    ['0', 0n, 0],
    ['0.0', 0n, 0],
    ['0.25', 25n, 2],
    ['1.500', 15n, 1],
    ['007', 7n, 0],
    ['9007199254740993', 9_007_199_254_740_993n, 0],
    ['0.000000000000000000000000000001', 1n, 30],
    ['9'.repeat(40), BigInt('9'.repeat(40)), 0],
  ])('%s is read exactly', (text, digits, scale) => {
    expect(parseDecimal(text)).toEqual({ digits, scale })
  })

  it.each([
    ...['', ' ', '-1', '+1', '1e3', '1E3', '1,000', '1_000', '1.', '.5', '1.2.3', '0x10', 'NaN', 'Infinity'],
    ...[' 1', '1 ', '1\n', '٣', '１', '1n', '½', '--', '1'.repeat(41), `0.${'1'.repeat(31)}`],
  ])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeUndefined()
  })

  it('survives being written and read', () => {
    const text = fc
      .tuple(
        fc.bigInt({ min: 0n, max: 10n ** 40n - 1n }),
        fc.bigInt({ min: 0n, max: 10n ** 30n - 1n }),
        fc.nat({ max: 30 }),
      )
      .map(([whole, fraction, places]) =>
        places === 0 ? `${whole}` : `${whole}.${`${fraction}`.padStart(30, '0').slice(0, places)}`,
      )
    fc.assert(
      fc.property(text, (written) => {
        const decimal = parsed(written)
        expect(parsed(formatDecimal(decimal))).toEqual(decimal)
        const [whole = '', fraction = ''] = written.split('.')
        expect(decimal.digits * 10n ** BigInt(fraction.length - decimal.scale)).toBe(BigInt(whole + fraction))
      }),
    )
  })
})

describe('base units', () => {
  const units = fc.bigInt({ min: 0n, max: 2n ** 128n })
  const decimals = fc.nat({ max: 30 })

  it('survive being written and read', () => {
    fc.assert(
      fc.property(units, decimals, (amount, places) => {
        const text = formatUnits(amount, places)
        expect(text).toMatch(/^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/)
        expect(unitsAtLeast(parsed(text), places)).toBe(amount)
      }),
    )
  })

  it('are written for every number of decimals a mint can have', () => {
    fc.assert(
      fc.property(units, fc.nat({ max: 255 }), (amount, places) => {
        const [whole = '', fraction = ''] = formatUnits(amount, places).split('.')
        expect(BigInt(whole) * 10n ** BigInt(places) + BigInt(fraction.padEnd(places, '0') || '0')).toBe(
          amount,
        )
      }),
    )
  })

  it.each([
    [1_500_000_000n, 9, '1.5'],
    [0n, 9, '0'],
    [1n, 9, '0.000000001'],
    [10n, 0, '10'],
    [100n, 2, '1'],
    [18_446_744_073_709_551_615n, 9, '18446744073.709551615'],
  ])('%s with %d decimals are %s', (amount, places, text) => {
    expect(formatUnits(amount, places)).toBe(text)
  })
})

describe('the least number of base units that is not below a decimal', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 50n }), fc.nat({ max: 30 }))
    .map(([digits, scale]) => ({ digits, scale }))

  it('is enough, and one less is not', () => {
    fc.assert(
      fc.property(decimal, fc.nat({ max: 40 }), ({ digits, scale }, places) => {
        const least = unitsAtLeast({ digits, scale }, places)
        const reaches = (amount: bigint) => amount * 10n ** BigInt(scale) >= digits * 10n ** BigInt(places)
        expect(reaches(least)).toBe(true)
        expect(least === 0n || !reaches(least - 1n)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['1', 9, 1_000_000_000n],
    ['0.5', 0, 1n],
    ['1.0000000001', 9, 1_000_000_001n],
    ['0.0000000001', 9, 1n],
    ['0', 9, 0n],
    ['50000', 0, 50_000n],
    ['2.5', 1, 25n],
  ])('for %s with %d decimals is rounded up to %s', (text, places, expected) => {
    expect(unitsAtLeast(parsed(text), places)).toBe(expected)
  })
})
