import { describe, expect, it } from 'vitest'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'

const TOKEN = 10n ** 9n

/** What a holder of `amount` base units is answered where `minimum` is required. */
async function holding(amount: bigint, decimals: number, minimum: string) {
  const table = tableBalances({ decimals })
  table.set(ALICE, MINT, amount)
  const { gate, request } = await gateKit({ balances: table })
  const members = gate.with({ balance: { ...ACTO, minimum } })
  return ask(members, request())
}

describe('a wallet at the edge of the minimum', () => {
  it('is let in with exactly the minimum', async () => {
    expect((await holding(50_000n * TOKEN, 9, '50000')).status).toBe(200)
  })

  it('is refused with one base unit less, and told what is missing', async () => {
    const { status, body } = await holding(50_000n * TOKEN - 1n, 9, '50000')
    expect(status).toBe(403)
    expect(body).toEqual({
      type: 'urn:sallyport:problem:balance_insufficient',
      title: 'Token balance insufficient',
      status: 403,
      detail: 'Insufficient token balance. Required: 50000 ACTO',
      code: 'balance_insufficient',
      decision_id: expect.any(String),
      retryable: false,
      required: '50000',
      balance: '49999.999999999',
      mint: MINT,
      remedy: {
        action: 'acquire_tokens',
        mint: MINT,
        symbol: 'ACTO',
        amount: '0.000000001',
        wallet: ALICE,
      },
    })
  })

  it('that never held the token is refused with a balance of 0', async () => {
    const { gate, request } = await gateKit({ balances: tableBalances() })
    const { status, body } = await ask(gate.with({ balance: ACTO }), request())
    expect(status).toBe(403)
    expect(body).toMatchObject({ balance: '0', remedy: { amount: '50000' } })
  })

  it.each<[units: bigint, decimals: number, minimum: string, missing: string | undefined]>([
    [9_007_199_254_740_993n, 0, '9007199254740993', undefined],
    [9_007_199_254_740_992n, 0, '9007199254740993', '1'],
    [9_007_199_254_740_993n, 9, '9007199.254740993', undefined],
    [9_007_199_254_740_992n, 9, '9007199.254740993', '0.000000001'],
    [18_446_744_073_709_551_615n, 0, '18446744073709551615', undefined],
    [18_446_744_073_709_551_614n, 0, '18446744073709551615', '1'],
    [10n ** 18n, 18, '1', undefined],
    [10n ** 18n - 1n, 18, '1', '0.000000000000000001'],
    [10n ** 30n, 18, '1000000000000.000000000000000001', '0.000000000000000001'],
    [1n, 0, '0.5', undefined],
    [0n, 0, '0.5', '1'],
    [1n, 0, '1.000000001', '1'],
    [0n, 9, '0', undefined],
    [0n, 9, '0.0000000001', '0.000000001'],
    [1n, 9, '0.0000000001', undefined],
    [1n, 255, '0', undefined],
  ])('with %s base units of %s decimals against %s misses %s', async (units, decimals, minimum, missing) => {
    const { status, body } = await holding(units, decimals, minimum)
    expect(status).toBe(missing === undefined ? 200 : 403)
    expect(body.remedy === undefined ? undefined : (body.remedy as { amount: string }).amount).toBe(missing)
  })

  it('reads the minimum and the balance in their shortest spelling', async () => {
    const { body } = await holding(1_500_000_000n, 9, '2.50')
    expect(body).toMatchObject({
      detail: 'Insufficient token balance. Required: 2.5 ACTO',
      required: '2.5',
      balance: '1.5',
      remedy: { amount: '1' },
    })
  })
})

describe('an allowed request', () => {
  it('carries the balance exactly, in base units', async () => {
    const table = tableBalances({ decimals: 0 })
    table.set(ALICE, MINT, 2n ** 64n + 1n, 77)
    const { gate, request } = await gateKit({ balances: table })
    const decision = await gate.with({ balance: ACTO })(request())
    expect(decision).toMatchObject({
      type: 'allow',
      access: { balance: { amount: 2n ** 64n + 1n, decimals: 0, slot: 77, exact: true } },
    })
  })

  it('carries none where the gate requires none, and costs no reading', async () => {
    const table = tableBalances()
    const { gate, request } = await gateKit({ balances: table })
    expect(await gate(request())).toMatchObject({ type: 'allow', access: { balance: null } })
    expect(table.reads).toBe(0)
  })
})
