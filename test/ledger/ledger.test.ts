import { type Ledger, startLedger } from '@sallyport/ledger'
import { Connection, PublicKey } from '@solana/web3.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithLedger } from '../support/rpc/with-ledger.js'

interface Holding {
  readonly account: string
  readonly amount: string
  readonly decimals: number
  readonly state: string
}

async function holdings({ rpcUrl }: Ledger, owner: string, mint: string): Promise<Holding[]> {
  const filter = { mint: new PublicKey(mint) }
  const connection = new Connection(rpcUrl, 'confirmed')
  const { value } = await connection.getParsedTokenAccountsByOwner(new PublicKey(owner), filter)
  return value.map(({ pubkey, account }) => {
    const { state, tokenAmount } = account.data.parsed.info
    return { account: pubkey.toBase58(), amount: tokenAmount.amount, decimals: tokenAmount.decimals, state }
  })
}

describeWithLedger('the ledger', () => {
  let ledger: Ledger
  beforeAll(async () => {
    ledger = await startLedger()
  })
  afterAll(() => ledger.stop())

  test.each(['spl-token', 'token-2022'] as const)('%s: mints, transfers and freezes', async (program) => {
    const mint = await ledger.createMint({ decimals: 9, program })
    const [alice, bob] = await Promise.all([ledger.createWallet(), ledger.createWallet()])
    expect(await holdings(ledger, alice.address, mint)).toEqual([])

    const account = await ledger.createTokenAccount(alice, mint)
    await ledger.mintTo(account, mint, 18_446_744_073_709_551_615n)
    const whole = { account, amount: '18446744073709551615', decimals: 9, state: 'initialized' }
    expect(await holdings(ledger, alice.address, mint)).toEqual([whole])

    await ledger.transfer({ mint, from: alice, to: bob.address, amount: 15n })
    expect(await holdings(ledger, alice.address, mint)).toEqual([
      { ...whole, amount: '18446744073709551600' },
    ])
    expect(await holdings(ledger, bob.address, mint)).toMatchObject([{ amount: '15', state: 'initialized' }])

    await ledger.freeze(account, mint)
    expect(await holdings(ledger, alice.address, mint)).toMatchObject([{ account, state: 'frozen' }])
    await expect(ledger.transfer({ mint, from: alice, to: bob.address, amount: 1n })).rejects.toThrow(
      'Account is frozen',
    )
  })

  test.each(['spl-token', 'token-2022'] as const)(
    '%s: two accounts of one owner, one given away',
    async (program) => {
      const mint = await ledger.createMint({ decimals: 0, program })
      const [alice, bob] = await Promise.all([ledger.createWallet(), ledger.createWallet()])
      const associated = await ledger.createTokenAccount(alice, mint)
      const auxiliary = await ledger.createTokenAccount(alice, mint, { auxiliary: true })
      expect(auxiliary).not.toBe(associated)
      await Promise.all([ledger.mintTo(associated, mint, 3n), ledger.mintTo(auxiliary, mint, 4n)])

      const held = await holdings(ledger, alice.address, mint)
      expect(new Map(held.map(({ account, amount }) => [account, amount]))).toEqual(
        new Map([
          [associated, '3'],
          [auxiliary, '4'],
        ]),
      )

      await ledger.changeOwner(auxiliary, alice, bob.address)
      expect(await holdings(ledger, alice.address, mint)).toMatchObject([
        { account: associated, amount: '3' },
      ])
      expect(await holdings(ledger, bob.address, mint)).toMatchObject([{ account: auxiliary, amount: '4' }])
    },
  )

  test('equal transactions sent at once all take effect', async () => {
    const mint = await ledger.createMint({ decimals: 0 })
    const wallet = await ledger.createWallet()
    const account = await ledger.createTokenAccount(wallet, mint)
    await Promise.all(Array.from({ length: 10 }, () => ledger.mintTo(account, mint, 1n)))
    expect(await holdings(ledger, wallet.address, mint)).toMatchObject([{ amount: '10' }])
  })

  test('a transaction that fails is an error with the reason the program gave', async () => {
    const mint = await ledger.createMint({ decimals: 0 })
    const wallet = await ledger.createWallet()
    await ledger.createTokenAccount(wallet, mint)
    const overdraft = ledger.transfer({ mint, from: wallet, to: wallet.address, amount: 1n })
    await expect(overdraft).rejects.toThrow('insufficient funds')
    await expect(ledger.mintTo(wallet.address, wallet.address, 1n)).rejects.toThrow('no mint on this ledger')
  })

  test('two ledgers share nothing, and a stopped one refuses connections', async () => {
    const other = await startLedger()
    try {
      const mint = await ledger.createMint({ decimals: 0 })
      const otherWallet = await other.createWallet()
      await expect(other.createTokenAccount(otherWallet, mint)).rejects.toThrow('on this ledger')
    } finally {
      other.stop()
    }
    other.stop()
    await expect(other.createMint({ decimals: 0 })).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/)
    expect(await ledger.createMint({ decimals: 0 })).toBeTypeOf('string')
  })
})
