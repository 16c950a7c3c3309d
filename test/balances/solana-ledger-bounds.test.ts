import { type Ledger, type LedgerWallet, startLedger } from '@sallyport/ledger'
import type { BalanceSource } from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newAddress } from '../harness/balances/bounds-kit.js'
import { createExtendedMint } from '../harness/balances/extended-mint.js'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { decimal, query, untilEnded } from '../harness/balances/readings.js'
import { type RpcProxy, startRpcProxy } from '../support/rpc/counting-proxy.js'
import { describeWithLedger } from '../support/rpc/with-ledger.js'

const TOKEN = 10n ** 9n
const BATCH = 'getMultipleAccounts'
const LIST = 'getTokenAccountsByOwner'

describeWithLedger('lower bounds on a real ledger', () => {
  let ledger: Ledger
  let rpc: RpcProxy
  beforeAll(async () => {
    ledger = await startLedger()
    rpc = await startRpcProxy(ledger.rpcUrl)
  })
  afterAll(async () => {
    await rpc?.close()
    ledger?.stop()
  })
  beforeEach(() => rpc.reset())

  const newSource = () => solanaBalances({ rpcUrl: rpc.url, timeoutMs: 10_000 })
  const counts = () => [rpc.calls(), rpc.callsOf(BATCH), rpc.callsOf(LIST)]
  const read = (source: BalanceSource, owner: string, mint: string, minimum: string) =>
    source.read(query({ owner, mint, minimum: decimal(minimum) }), untilEnded())

  async function holder(mint: string, amount: bigint): Promise<LedgerWallet & { readonly account: string }> {
    const wallet = await ledger.createWallet()
    const account = await ledger.createTokenAccount(wallet, mint)
    if (amount > 0n) await ledger.mintTo(account, mint, amount)
    return { ...wallet, account }
  }

  describe.each(['spl-token', 'token-2022'] as const)('of a mint of %s', (program) => {
    let mint: string
    beforeAll(async () => {
      mint = await ledger.createMint({ decimals: 9, program })
    })

    it('let a holder in by one request, on a cold mint and on a known one', async () => {
      const { address } = await holder(mint, 5n * TOKEN)
      const source = newSource()
      for (const requests of [1, 2]) {
        const slot = expect.any(Number)
        const answer = await read(source, address, mint, '5')
        expect(answer).toEqual({ amount: 5n * TOKEN, decimals: 9, slot, exact: false })
        expect(counts()).toEqual([requests, requests, 0])
      }
    })

    it('give way to the sum of all accounts where they do not reach', async () => {
      const wallet = await holder(mint, 4n * TOKEN)
      const spare = await ledger.createTokenAccount(wallet, mint, { auxiliary: true })
      await ledger.mintTo(spare, mint, TOKEN)
      const answer = await read(newSource(), wallet.address, mint, '4.000000001')
      expect(answer).toMatchObject({ amount: 5n * TOKEN, decimals: 9, exact: true })
      expect(counts()).toEqual([2, 1, 1])
    })

    it('count nothing that is frozen', async () => {
      const wallet = await holder(mint, 5n * TOKEN)
      await ledger.freeze(wallet.account, mint)
      expect(await read(newSource(), wallet.address, mint, '1')).toMatchObject({ amount: 0n, exact: true })
      expect(counts()).toEqual([2, 1, 1])
    })

    it('are nothing for a wallet without an account, which is read exactly', async () => {
      const { address } = await ledger.createWallet()
      expect(await read(newSource(), address, mint, '1')).toMatchObject({ amount: 0n, exact: true })
      expect(counts()).toEqual([2, 1, 1])
    })

    it('are each of its own wallet, also for many that are read at once', async () => {
      const amounts = [3n, 7n, 11n, 13n].map((tokens) => tokens * TOKEN)
      const wallets = await Promise.all(amounts.map((amount) => holder(mint, amount)))
      const source = newSource()
      await source.readMint(mint, untilEnded())
      rpc.reset()
      const strangers = Array.from({ length: 96 }, () => ({ address: newAddress() }))
      const answers = [...wallets, ...strangers].map(({ address }) => read(source, address, mint, '0'))
      const held = (await Promise.all(answers)).map(({ amount }) => amount)
      expect(held).toEqual([...amounts, ...strangers.map(() => 0n)])
      expect(counts()).toEqual([1, 1, 0])
    })
  })

  it('are read of a mint of Token-2022 with extensions, whose accounts have them too', async () => {
    const payer = await ledger.createWallet()
    const mint = await createExtendedMint(ledger.rpcUrl, payer, 6)
    const wallet = await ledger.createWallet()
    const account = await ledger.createTokenAccount(wallet, mint.address)
    await mint.mintTo(account, 2_000_001n)
    const source = newSource()
    const bound = { amount: 2_000_001n, decimals: 6, exact: false }
    expect(await read(source, wallet.address, mint.address, '2')).toMatchObject(bound)
    expect(await read(source, wallet.address, mint.address, '2')).toMatchObject(bound)
    expect(counts()).toEqual([2, 2, 0])
    const exactly = { ...query({ owner: wallet.address, mint: mint.address }), exact: true }
    expect(await source.read(exactly, untilEnded())).toMatchObject({ ...bound, exact: true })
    expect(await newSource().readMint(mint.address, untilEnded())).toEqual({ decimals: 6 })
  })

  it.each([
    ['that does not exist', async () => newAddress()],
    ['that is a wallet', async () => (await ledger.createWallet()).address],
    [
      'that is a token account',
      async () => (await holder(await ledger.createMint({ decimals: 0 }), 5n)).account,
    ],
  ])('of a mint %s are an outage, and never zero', async (_, find) => {
    const { address } = await ledger.createWallet()
    const mint = await find()
    await expect(read(newSource(), address, mint, '1')).rejects.toThrow('could answer')
    expect(counts()).toEqual([1, 1, 0])
  })

  it('let a gate decide by one request for each wallet, and refuse by the exact amount', async () => {
    const mint = await ledger.createMint({ decimals: 9 })
    const [rich, poor] = [await holder(mint, 50_000n * TOKEN), await holder(mint, 50_000n * TOKEN - 1n)]
    const balances = newSource()
    const { gate, request } = await gateKit({ balances, portTimeoutMs: 10_000 }, [rich.address, poor.address])
    const members = gate.with({ balance: { ...ACTO, mint } })
    await gate.ready()
    rpc.reset()
    expect((await ask(members, request(rich.address))).status).toBe(200)
    expect(counts()).toEqual([1, 1, 0])
    expect((await ask(members, request(poor.address))).body).toMatchObject({
      status: 403,
      balance: '49999.999999999',
    })
    expect(counts()).toEqual([3, 2, 1])
  })
})
