import { solanaBalances } from 'sallyport/balances/solana'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENOUGH, readFrom, solanaGate, startTokenRpc } from '../harness/balances/fault-kit.js'
import { untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../support/addresses.js'
import type { FaultAccount, FaultRpc } from '../support/rpc/fault-rpc.js'

const SYSTEM_PROGRAM = '11111111111111111111111111111111'

let rpc: FaultRpc
beforeAll(async () => {
  rpc = await startTokenRpc()
  rpc.setMint(OTHER_MINT, { decimals: 9 })
})
afterAll(() => rpc.close())

const amountOf = (amount: unknown) => ({ tokenAmount: { amount, decimals: 9, uiAmountString: '1' } })

describe('an answer that names what was not asked for', () => {
  const lies: Readonly<Record<string, FaultAccount>> = {
    'an account of another mint': { amount: ENOUGH, mint: OTHER_MINT },
    'an account of another owner': { amount: ENOUGH, owner: BOB },
    'an account of another program': { amount: ENOUGH, programId: SYSTEM_PROGRAM },
    'an account without an owner': { amount: ENOUGH, info: { owner: undefined } },
    'an account without a mint': { amount: ENOUGH, info: { mint: undefined } },
    'other decimals': { amount: ENOUGH, decimals: 6 },
    'decimals that no mint has': { amount: ENOUGH, info: { tokenAmount: { amount: '1', decimals: 256 } } },
    'decimals as text': { amount: ENOUGH, info: { tokenAmount: { amount: '1', decimals: '9' } } },
    'no decimals': { amount: ENOUGH, info: { tokenAmount: { amount: '1' } } },
    'an unknown state': { amount: ENOUGH, info: { state: 'melted' } },
    'an account that was never initialized': { amount: ENOUGH, state: 'uninitialized' },
    'no state': { amount: ENOUGH, info: { state: undefined } },
    'an amount that is a number': { amount: ENOUGH, info: amountOf(6e13) },
    'an amount in hex': { amount: ENOUGH, info: amountOf('0x3691d6afc000') },
    'an amount with a sign': { amount: ENOUGH, info: amountOf('+60000000000000') },
    'a negative amount': { amount: ENOUGH, info: amountOf('-60000000000000') },
    'an amount with a fraction': { amount: ENOUGH, info: amountOf('60000.5') },
    'an amount with an exponent': { amount: ENOUGH, info: amountOf('6e13') },
    'an amount with spaces': { amount: ENOUGH, info: amountOf(' 60000000000000') },
    'an amount with a line break': { amount: ENOUGH, info: amountOf('60000000000000\n') },
    'an amount in other digits': { amount: ENOUGH, info: amountOf('٦٠٠٠٠') },
    'an amount beyond 64 bits': { amount: 2n ** 64n },
    'an amount of nothing': { amount: ENOUGH, info: amountOf('') },
    'no amount': { amount: ENOUGH, info: { tokenAmount: null } },
    'an amount in a list': { amount: ENOUGH, info: amountOf(['60000000000000']) },
  }

  it.each(Object.entries(lies))('is an outage and is not counted: %s', async (_, lie) => {
    for (const accounts of [[lie], [{ amount: ENOUGH }, lie]]) {
      rpc.setAccounts(ALICE, MINT, accounts)
      // Another wallet has been read before, so the decimals of the mint are known.
      const source = solanaBalances({ rpcUrl: rpc.url })
      await readFrom(source, BOB)
      expect(await readFrom(source, ALICE)).toBe('rejected')
      const { seen } = await solanaGate([rpc.url])
      await seen(BOB)
      expect((await seen(ALICE)).status).toBe(503)
    }
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH }])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }), ALICE)).toBe(ENOUGH)
  })

  it('is an outage where it names one account twice', async () => {
    rpc.setAccounts(ALICE, MINT, [
      { amount: ENOUGH, pubkey: CAROL },
      { amount: ENOUGH, pubkey: CAROL },
    ])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe('rejected')
  })

  it('is an outage where two accounts disagree on the decimals', async () => {
    rpc.setAccounts(ALICE, MINT, [{ amount: 1n }, { amount: 1n, decimals: 6 }])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe('rejected')
  })

  it.each([300, -1, 0.5, '9', null])(
    'is an outage where a mint has decimals that none has: %s',
    async (decimals) => {
      rpc.setMint(CAROL, { decimals: 9, info: { decimals } })
      const source = solanaBalances({ rpcUrl: rpc.url })
      await expect(source.readMint(CAROL, untilEnded())).rejects.toThrow('could answer')
      rpc.setMint(CAROL, { decimals: 9 })
      expect(await source.readMint(CAROL, untilEnded())).toEqual({ decimals: 9 })
    },
  )

  it('is an outage where the mint belongs to no token program', async () => {
    rpc.setMint(MINT, { decimals: 9, programId: SYSTEM_PROGRAM })
    rpc.setAccounts(ALICE, MINT, [])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe('rejected')
    rpc.setMint(MINT, { decimals: 9 })
  })
})

describe('decimals that were believed once', () => {
  it('are given up when an answer contradicts them, so that one lie does not last', async () => {
    const source = solanaBalances({ rpcUrl: rpc.url })
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH, decimals: 6 }])
    expect(await readFrom(source)).toBe(ENOUGH)
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH }])
    expect(await readFrom(source)).toBe('rejected')
    expect(await source.read({ mint: MINT, owner: ALICE }, untilEnded())).toMatchObject({ decimals: 9 })
  })
})

describe('what counts', () => {
  it('is the sum of all accounts of the wallet, each exactly', async () => {
    const most = 2n ** 64n - 1n
    rpc.setAccounts(ALICE, MINT, [{ amount: most }, { amount: most }, { amount: 0n }, { amount: 3n }])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe(2n * most + 3n)
  })

  it('is nothing that is frozen', async () => {
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH, state: 'frozen' }, { amount: 5n }])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe(5n)
    const { seen } = await solanaGate([rpc.url])
    expect(await seen()).toMatchObject({ status: 403, body: { balance: '0.000000005' } })
  })

  it('includes Token-2022', async () => {
    rpc.setMint(OTHER_MINT, { decimals: 2, program: 'token-2022' })
    rpc.setAccounts(ALICE, OTHER_MINT, [{ amount: 7n }, { amount: 8n }])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }), ALICE, OTHER_MINT)).toBe(15n)
  })

  it('is an outage, not zero, where the mint is unknown to the node', async () => {
    const { seen } = await solanaGate([rpc.url])
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }), ALICE, BOB)).toBe('rejected')
    expect((await seen()).status).not.toBe(503)
  })
})
