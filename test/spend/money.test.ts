import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMcc } from '../../src/spend/mcc.js'
import { foldMerchant } from '../../src/spend/merchant.js'
import {
  amountOf,
  assetOf,
  describeMoney,
  MAX_AMOUNT,
  type Money,
  moneyOf,
  readAmount,
  readMoney,
} from '../../src/spend/money.js'

const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'

describe('an amount', () => {
  it.each<[unknown, bigint]>([
    [1, 1n],
    ['1', 1n],
    [1n, 1n],
    [1e3, 1000n],
    [Number.MAX_SAFE_INTEGER, 9_007_199_254_740_991n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['18446744073709551615', MAX_AMOUNT],
    [MAX_AMOUNT, MAX_AMOUNT],
  ])('is read from %o exactly', (value, amount) => {
    expect(readAmount(value)).toBe(amount)
  })

  it.each<[unknown]>(
    [
      ...[0, -0, -1, 0.5, 1.5, 2 ** 53, 1e21, Number.NaN, Number.POSITIVE_INFINITY],
      ...[0n, -1n, MAX_AMOUNT + 1n, 2n ** 200n],
      ...['', '0', '-1', '+1', '01', '1.0', '1e3', '1E3', '0x10', ' 1', '1 ', '1\n', '1n', '1_000', '1,000'],
      ...['١', '１', '18446744073709551616', '99999999999999999999', '1'.repeat(1000)],
      ...[null, undefined, true, [1], { amount: 1 }, new Number(1), new String('1'), { valueOf: () => 1 }],
    ].map((value): [unknown] => [value]),
  )('is not read from %o', (value) => {
    expect(readAmount(value)).toBeUndefined()
  })

  it('is the same whether it is written as a number, a string or a bigint', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const expected = value >= 1 ? BigInt(value) : undefined
        expect(readAmount(value)).toBe(expected)
        expect(readAmount(String(value))).toBe(expected)
        expect(readAmount(BigInt(value))).toBe(expected)
      }),
    )
  })
})

describe('money', () => {
  it('is an amount in minor units of a currency', () => {
    const money = readMoney({ amount: 1200, currency: 'USD', merchant: 'Figma Inc.' })
    expect(money).toEqual({ amountMinor: 1200n, currency: 'USD' })
    expect([amountOf(money as Money), assetOf(money as Money)]).toEqual([1200n, 'USD'])
    expect(describeMoney(money as Money)).toBe('1200 minor units of USD')
  })

  it('is an amount in base units of a token', () => {
    const money = readMoney({ amount: '18446744073709551615', mint: MINT })
    expect(money).toEqual({ units: MAX_AMOUNT, mint: MINT })
    expect([amountOf(money as Money), assetOf(money as Money)]).toEqual([MAX_AMOUNT, `mint:${MINT}`])
    expect(describeMoney(money as Money)).toBe(`18446744073709551615 base units of ${MINT}`)
  })

  it.each<[Record<string, unknown>, string]>([
    [{ currency: 'USD' }, 'amount'],
    [{ amount: -5, currency: 'USD' }, 'amount'],
    [{ amount: 5 }, 'currency'],
    [{ amount: 5, currency: 'usd' }, 'currency'],
    [{ amount: 5, currency: 'USDC' }, 'currency'],
    [{ amount: 5, currency: 'US' }, 'currency'],
    [{ amount: 5, currency: 'QQQ' }, 'currency'],
    [{ amount: 5, currency: 'ＵＳＤ' }, 'currency'],
    [{ amount: 5, currency: ['USD'] }, 'currency'],
    [{ amount: 5, currency: null }, 'currency'],
    [{ amount: 5, currency: 'USD', mint: MINT }, 'mint'],
    [{ amount: 5, currency: null, mint: MINT }, 'mint'],
    [{ amount: 5, mint: MINT.slice(3) }, 'mint'],
    [{ amount: 5, mint: `${MINT} ` }, 'mint'],
    [{ amount: 5, mint: `1${MINT}` }, 'mint'],
    [{ amount: 5, mint: 'USD' }, 'mint'],
    [{ amount: 5, mint: null }, 'mint'],
  ])('is not read from %j, which is wrong in its %s', (members, path) => {
    expect(readMoney(members)).toEqual({ path, problem: expect.stringMatching(/^(?:must|is|cannot) /) })
  })

  it('is the same after its asset was named', () => {
    const money = [readMoney({ amount: 7, currency: 'JPY' }), readMoney({ amount: 7, mint: MINT })] as Money[]
    for (const one of money) expect(moneyOf(amountOf(one), assetOf(one))).toEqual(one)
  })
})

describe('a merchant category code', () => {
  it.each([
    [742, '0742'],
    ['742', '0742'],
    ['0742', '0742'],
    [5411, '5411'],
    [0, '0000'],
    ['9999', '9999'],
  ])('%j is %s', (value, code) => {
    expect(readMcc(value)).toBe(code)
  })

  it.each<[unknown]>(
    [
      ...[-1, 10_000, 7.42, Number.NaN, Number.POSITIVE_INFINITY, 742n, null, undefined, ['742'], true],
      ...['', '00742', '10000', '-742', '+742', ' 742', '742\n', '7e2', '0x1', '７４２', '74a'],
    ].map((value): [unknown] => [value]),
  )('%o is none', (value) => {
    expect(readMcc(value)).toBeUndefined()
  })
})

describe('names of merchants', () => {
  it.each([
    ['Figma Inc.', 'FIGMA INC.'],
    ['Figma Inc.', '  Figma \t\n Inc. '],
    ['Figma Inc.', 'Ｆｉｇｍａ　Ｉｎｃ．'],
    ['Figma Inc.', 'Fig\u200bma\u00a0Inc\u00ad.\ufeff'],
    ['Café', 'Cafe\u0301'],
    ['Straße 1', 'STRASSE 1'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ﬁrst', 'First'],
  ])('%j and %j are one', (one, other) => {
    expect(foldMerchant(one)).toBe(foldMerchant(other))
  })

  it.each([
    ['Figma Inc.', 'Figma Inc'],
    ['Figma Inc.', 'FigmaInc.'],
    ['Figma', 'Fıgma'],
    ['Figma', 'Figmа'],
    ['Cafe', 'Café'],
  ])('%j and %j are two', (one, other) => {
    expect(foldMerchant(one)).not.toBe(foldMerchant(other))
  })

  it('are in their final form once they were folded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(foldMerchant(foldMerchant(name))).toBe(foldMerchant(name))
      }),
      { numRuns: 500 },
    )
  })
})
