import { type Ledger, startLedger } from '@sallyport/ledger'
import { solanaBalances } from 'sallyport/balances/solana'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { associated } from '../harness/balances/associated.js'
import { ENOUGH, readFrom, solanaGate, startTokenRpc, TOKEN } from '../harness/balances/fault-kit.js'
import { decimal, query, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../support/addresses.js'
import type { FaultAccount, FaultRpc } from '../support/rpc/fault-rpc.js'
import { listenOnLoopback } from '../support/rpc/loopback.js'
import { describeWithLedger } from '../support/rpc/with-ledger.js'

const SYSTEM_PROGRAM = '11111111111111111111111111111111'

/** Accounts that anybody could have opened for somebody: more than 1 MB of them. */
const opened: readonly FaultAccount[] = Array.from({ length: 3_000 }, () => ({ amount: 0n }))

let rpc: FaultRpc
beforeEach(async () => {
  rpc = await startTokenRpc()
})
afterEach(() => rpc.close())

/** Fills Alice's list; her associated account holds what it held, unless it is said to be something else. */
function fill(own: Partial<FaultAccount> = {}): void {
  rpc.setAccounts(ALICE, MINT, [...opened, { amount: ENOUGH, pubkey: associated(ALICE, MINT), ...own }])
}
const read = (rest = {}) => solanaBalances({ rpcUrl: rpc.url }).read(query(rest), untilEnded())

describe('a wallet in whose name too many accounts were opened', () => {
  it('is answered what its associated account holds, as a lower bound', async () => {
    fill()
    rpc.setSlot(77)
    expect(await read()).toEqual({ amount: ENOUGH, decimals: 9, slot: 77, exact: false })
    expect(rpc.callsOf('getMultipleAccounts')).toBe(1)
    expect(rpc.requests().find(({ method }) => method === 'getMultipleAccounts')?.params).toEqual([
      [MINT, associated(ALICE, MINT), associated(ALICE, MINT, 'token-2022')],
      { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: 356 } },
    ])
  })

  it('is answered in the same way where its mint is of Token-2022', async () => {
    rpc.setMint(OTHER_MINT, { decimals: 2, program: 'token-2022' })
    const own = { amount: 5n, pubkey: associated(ALICE, OTHER_MINT, 'token-2022') }
    rpc.setAccounts(ALICE, OTHER_MINT, [...opened, own])
    expect(await read({ mint: OTHER_MINT })).toMatchObject({ amount: 5n, decimals: 2, exact: false })
  })

  it('still passes a gate where that is enough', async () => {
    fill()
    const { seen } = await solanaGate([rpc.url])
    expect((await seen()).status).toBe(200)
  })

  it('is never refused for what is in that account: where it is not enough, it is an outage', async () => {
    fill({ amount: TOKEN })
    const { seen } = await solanaGate([rpc.url])
    const { status, body } = await seen()
    expect([status, body.code]).toEqual([503, 'dependency_unavailable'])
    expect((await seen(BOB)).status).toBe(403)
  })

  it('is not answered at all where it must be exact', async () => {
    fill()
    await expect(read({ exact: true })).rejects.toThrow('could answer')
    expect(rpc.callsOf('getMultipleAccounts')).toBe(0)
  })

  it('holds nothing for sure where it has no such account, or a frozen one', async () => {
    rpc.setAccounts(ALICE, MINT, opened)
    expect(await read()).toMatchObject({ amount: 0n, decimals: 9, exact: false })
    fill({ state: 'frozen' })
    expect(await read()).toMatchObject({ amount: 0n, exact: false })
  })

  it('is not shut out by SOL that was sent to the address of the other account', async () => {
    fill()
    rpc.setLamports(associated(ALICE, MINT, 'token-2022'))
    expect(await read()).toMatchObject({ amount: ENOUGH, exact: false })
  })

  const lies: Readonly<Record<string, Partial<FaultAccount>>> = {
    'of another mint': { mint: OTHER_MINT },
    'of another owner': { owner: BOB },
    'of another program': { programId: SYSTEM_PROGRAM },
    'of no known state': { state: 'uninitialized' },
    'cut off': { raw: (bytes) => bytes.subarray(0, 164) },
  }
  it.each(Object.entries(lies))('is an outage where its account is %s', async (_, lie) => {
    fill(lie)
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe('rejected')
  })

  it('costs no third request where its associated account was read for a minimum and does not reach it', async () => {
    fill({ amount: TOKEN })
    expect(await read({ minimum: decimal('2') })).toMatchObject({ amount: TOKEN, exact: false })
    expect(rpc.requests().map(({ method }) => method)).toEqual([
      'getMultipleAccounts',
      'getTokenAccountsByOwner',
    ])
  })

  it.each(['http-500', 'rpc-error', 'null-value', 'no-result', 'missing-slot', 'huge-body'] as const)(
    'is an outage for itself alone where its account cannot be read: %s',
    async (fault) => {
      fill()
      rpc.faultyMethod = 'getMultipleAccounts'
      rpc.fault = fault
      const source = solanaBalances({ rpcUrl: rpc.url })
      for (let at = 0; at < 8; at++) expect(await readFrom(source)).toBe('rejected')
      expect(await readFrom(source, BOB)).toBe(TOKEN)
    },
  )

  it('is nothing that any other failure is taken for', async () => {
    rpc.fault = 'http-500'
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }), CAROL)).toBe('rejected')
    expect(rpc.callsOf('getMultipleAccounts')).toBe(0)
  })
})

describeWithLedger('the associated account on a real ledger', () => {
  let ledger: Ledger
  beforeAll(async () => {
    ledger = await startLedger()
  })
  afterAll(() => ledger?.stop())

  /** The ledger, whose lists of accounts are too large to be read. */
  const listenInFront = () =>
    listenOnLoopback(async (incoming, outgoing) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString()
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      if (body.includes('getTokenAccountsByOwner')) outgoing.end(' '.repeat(2 ** 21))
      else {
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(ledger.rpcUrl, { method: 'POST', headers, body })
        outgoing.end(await answer.text())
      }
    })

  it.each(['spl-token', 'token-2022'] as const)('is found for a mint of %s', async (program) => {
    const mint = await ledger.createMint({ decimals: 9, program })
    const wallet = await ledger.createWallet()
    await ledger.mintTo(await ledger.createTokenAccount(wallet, mint), mint, 41n)
    const spare = await ledger.createTokenAccount(wallet, mint, { auxiliary: true })
    await ledger.mintTo(spare, mint, 900n)
    const front = await listenInFront()
    try {
      const source = solanaBalances({ rpcUrl: front.url, timeoutMs: 10_000 })
      const asked = query({ owner: wallet.address, mint })
      expect(await source.read(asked, untilEnded())).toMatchObject({ amount: 41n, decimals: 9, exact: false })
      await expect(source.read({ ...asked, exact: true }, untilEnded())).rejects.toThrow('could answer')
    } finally {
      await front.stop()
    }
  })
})
