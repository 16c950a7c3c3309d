import { type Ledger, type LedgerWallet, startLedger } from '@sallyport/ledger'
import { type BalanceSource, GateError } from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { query, untilEnded } from '../harness/balances/readings.js'
import { MINT } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { describeWithLedger } from '../support/rpc/with-ledger.js'

const TOKEN = 10n ** 9n
const TTL = 60_000
const REVALIDATE = 30_000
const INSUFFICIENT = 5_000

describeWithLedger('balances on a real ledger', () => {
  let ledger: Ledger
  let source: BalanceSource
  beforeAll(async () => {
    ledger = await startLedger()
    source = solanaBalances({ rpcUrl: ledger.rpcUrl, timeoutMs: 10_000 })
  })
  afterAll(() => ledger?.stop())

  /** A new wallet with so much in its associated account. */
  async function holder(mint: string, amount: bigint): Promise<LedgerWallet & { readonly account: string }> {
    const wallet = await ledger.createWallet()
    const account = await ledger.createTokenAccount(wallet, mint)
    if (amount > 0n) await ledger.mintTo(account, mint, amount)
    return { ...wallet, account }
  }

  const held = async (owner: string, mint: string) =>
    (await source.read(query({ owner, mint }), untilEnded())).amount

  describe.each(['spl-token', 'token-2022'] as const)('of a mint of %s', (program) => {
    let mint: string
    beforeAll(async () => {
      mint = await ledger.createMint({ decimals: 9, program })
    })

    it('are read exactly, beyond 2^53, with decimals and slot', async () => {
      const { address } = await holder(mint, 2n ** 53n + 1n)
      const answer = await source.read(query({ owner: address, mint }), untilEnded())
      expect(answer).toEqual({
        amount: 2n ** 53n + 1n,
        decimals: 9,
        slot: expect.any(Number),
        exact: true,
      })
      expect(await source.readMint(mint, untilEnded())).toEqual({ decimals: 9 })
    })

    it('are summed over all accounts of the wallet', async () => {
      const wallet = await holder(mint, 5n)
      for (const amount of [70n, 900n]) {
        const account = await ledger.createTokenAccount(wallet, mint, { auxiliary: true })
        await ledger.mintTo(account, mint, amount)
      }
      await ledger.createTokenAccount(wallet, mint, { auxiliary: true })
      expect(await held(wallet.address, mint)).toBe(975n)
    })

    it('follow a transfer on both sides, at a slot that is not earlier', async () => {
      const from = await holder(mint, 100n)
      const to = await ledger.createWallet()
      const before = await source.read(query({ owner: from.address, mint }), untilEnded())
      await ledger.transfer({ mint, from, to: to.address, amount: 30n })
      const after = await source.read(query({ owner: from.address, mint }), untilEnded())
      expect([before.amount, after.amount, await held(to.address, mint)]).toEqual([100n, 70n, 30n])
      expect(after.slot).toBeGreaterThanOrEqual(before.slot)
    })

    it('leave out what is frozen', async () => {
      const wallet = await holder(mint, 40n)
      const spare = await ledger.createTokenAccount(wallet, mint, { auxiliary: true })
      await ledger.mintTo(spare, mint, 2n)
      await ledger.freeze(wallet.account, mint)
      expect(await held(wallet.address, mint)).toBe(2n)
    })

    it('go with an account that is handed to another owner', async () => {
      const [giver, taker] = [await holder(mint, 1n), await ledger.createWallet()]
      const account = await ledger.createTokenAccount(giver, mint, { auxiliary: true })
      await ledger.mintTo(account, mint, 50n)
      expect([await held(giver.address, mint), await held(taker.address, mint)]).toEqual([51n, 0n])
      await ledger.changeOwner(account, giver, taker.address)
      expect([await held(giver.address, mint), await held(taker.address, mint)]).toEqual([1n, 50n])
    })

    it('are zero for a wallet that never held the token, and for an empty account', async () => {
      const stranger = await ledger.createWallet()
      const { address } = await holder(mint, 0n)
      expect(await held(stranger.address, mint)).toBe(0n)
      expect(await held(address, mint)).toBe(0n)
    })
  })

  it('of a mint without decimals are whole tokens', async () => {
    const mint = await ledger.createMint({ decimals: 0 })
    const { address } = await holder(mint, 2n ** 64n - 1n)
    expect(await source.read(query({ owner: address, mint }), untilEnded())).toMatchObject({
      amount: 2n ** 64n - 1n,
      decimals: 0,
    })
  })

  describe('in front of a gate', () => {
    async function guarded(amount: bigint, rpcUrls = [ledger.rpcUrl]) {
      const mint = await ledger.createMint({ decimals: 9 })
      const wallet = await holder(mint, amount)
      const clock = manualClock()
      const balances = solanaBalances({ rpcUrls, timeoutMs: 10_000 })
      const kit = await gateKit({ balances, clock, portTimeoutMs: 10_000 }, [wallet.address])
      const members = kit.gate.with({ balance: { ...ACTO, mint } })
      return { ...kit, mint, wallet, clock, seen: () => ask(members, kit.request(wallet.address)) }
    }

    it('a holder of exactly the minimum is let in, and refused after spending one unit of it', async () => {
      const { mint, wallet, clock, seen } = await guarded(50_000n * TOKEN)
      expect((await seen()).status).toBe(200)
      const other = await ledger.createWallet()
      await ledger.transfer({ mint, from: wallet, to: other.address, amount: 1n })
      clock.advance(TTL - 1)
      expect((await seen()).status).toBe(200)
      clock.advance(REVALIDATE + 1)
      expect(await seen()).toMatchObject({
        status: 403,
        body: {
          detail: 'Insufficient token balance. Required: 50000 ACTO',
          balance: '49999.999999999',
          remedy: { amount: '0.000000001' },
        },
      })
    })

    it('a buyer is let in as soon as the insufficient balance has run out', async () => {
      const { mint, wallet, clock, seen } = await guarded(50_000n * TOKEN - 1n)
      expect((await seen()).status).toBe(403)
      const seller = await holder(mint, TOKEN)
      await ledger.transfer({ mint, from: seller, to: wallet.address, amount: 1n })
      clock.advance(INSUFFICIENT - 1)
      expect((await seen()).status).toBe(403)
      clock.advance(1)
      expect((await seen()).status).toBe(200)
    })

    it('frozen tokens do not let anybody in', async () => {
      const { mint, wallet, seen } = await guarded(50_000n * TOKEN)
      await ledger.freeze(wallet.account, mint)
      expect(await seen()).toMatchObject({ status: 403, body: { balance: '0' } })
    })

    it('a second node answers where the first is down', async () => {
      const { seen, gate } = await guarded(50_000n * TOKEN, ['http://127.0.0.1:1', ledger.rpcUrl])
      expect((await seen()).status).toBe(200)
      await expect(gate.ready()).resolves.toBeUndefined()
    })

    it('a mint that does not exist is told before the start, and is a 503 and never a 403 after it', async () => {
      const balances = solanaBalances({ rpcUrl: ledger.rpcUrl, timeoutMs: 10_000 })
      const { gate, request } = await gateKit({ balances, portTimeoutMs: 10_000 })
      const members = gate.with({ balance: { ...ACTO, mint: MINT } })
      const failure = await gate.ready().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(GateError)
      expect((failure as GateError).message).toContain(MINT)
      expect((await ask(members, request())).status).toBe(503)
    })

    it('a minimum finer than the mint is told before the start', async () => {
      const balances = solanaBalances({ rpcUrl: ledger.rpcUrl, timeoutMs: 10_000 })
      const { gate } = await gateKit({ balances, portTimeoutMs: 10_000 })
      const mint = await ledger.createMint({ decimals: 2 })
      gate.with({ balance: { ...ACTO, mint, minimum: '0.005' } })
      await expect(gate.ready()).rejects.toThrow('more decimals than its mint')
    })
  })
})
