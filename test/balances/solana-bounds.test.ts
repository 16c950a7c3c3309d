import { solanaBalances } from 'sallyport/balances/solana'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { associated } from '../harness/balances/associated.js'
import { ENOUGH, give, MINIMUM, readEnough, sourceOf } from '../harness/balances/bounds-kit.js'
import { startTokenRpc } from '../harness/balances/fault-kit.js'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { decimal, query, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../support/addresses.js'
import type { FaultRpc } from '../support/rpc/fault-rpc.js'

const BATCH = 'getMultipleAccounts'
const LIST = 'getTokenAccountsByOwner'

let rpc: FaultRpc
beforeEach(async () => {
  rpc = await startTokenRpc()
  give(rpc, ALICE)
})
afterEach(() => rpc.close())

const methods = () => rpc.requests().map(({ method }) => method)

describe('a wallet that needs a minimum', () => {
  it('is answered a lower bound, by one request, where its associated account reaches it', async () => {
    rpc.setSlot(77)
    const answer = await readEnough(sourceOf(rpc), ALICE)
    expect(answer).toEqual({ amount: ENOUGH, decimals: 9, slot: 77, exact: false })
    expect(rpc.requests().map(({ method, params }) => [method, params])).toEqual([
      [
        BATCH,
        [
          [MINT, associated(ALICE, MINT), associated(ALICE, MINT, 'token-2022')],
          { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: 356 } },
        ],
      ],
    ])
  })

  it('is asked for by one address as soon as its mint is known, and at the chosen commitment', async () => {
    give(rpc, BOB)
    const source = solanaBalances({ rpcUrl: rpc.url, commitment: 'finalized' })
    await readEnough(source, ALICE)
    rpc.reset()
    expect(await readEnough(source, BOB)).toMatchObject({ amount: ENOUGH, exact: false })
    expect(rpc.requests()[0]?.params).toEqual([
      [associated(BOB, MINT)],
      { encoding: 'base64', commitment: 'finalized', dataSlice: { offset: 0, length: 356 } },
    ])
  })

  it.each<[string, (source: ReturnType<typeof sourceOf>) => unknown]>([
    ['a question after it', (source) => source.readMint(MINT, untilEnded())],
    ['an exact reading of somebody who holds it', (source) => source.read(query(), untilEnded())],
  ])('is asked for by one address where the mint is known by %s', async (_, learn) => {
    give(rpc, BOB)
    const source = sourceOf(rpc)
    await learn(source)
    rpc.reset()
    await readEnough(source, BOB)
    expect(rpc.requests()[0]?.params[0]).toEqual([associated(BOB, MINT)])
  })

  it('is read exactly in the same call where that account has one base unit too few', async () => {
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH - 1n, pubkey: associated(ALICE, MINT) }, { amount: 2n }])
    expect(await readEnough(sourceOf(rpc), ALICE)).toMatchObject({ amount: ENOUGH + 1n, exact: true })
    expect(methods()).toEqual([BATCH, LIST])
  })

  it('is read exactly where it has no such account, whatever else it has', async () => {
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH }])
    expect(await readEnough(sourceOf(rpc), ALICE)).toMatchObject({ amount: ENOUGH, exact: true })
    expect(await readEnough(sourceOf(rpc), CAROL)).toMatchObject({ amount: 0n, decimals: 9, exact: true })
    expect(methods()).toEqual([BATCH, LIST, BATCH, LIST])
  })

  it('has nothing in an account that is frozen, nor in SOL at its address', async () => {
    give(rpc, ALICE, { state: 'frozen' })
    expect(await readEnough(sourceOf(rpc), ALICE)).toMatchObject({ amount: 0n, exact: true })
    rpc.setLamports(associated(BOB, MINT))
    rpc.setAccounts(BOB, MINT, [{ amount: 3n }])
    expect(await readEnough(sourceOf(rpc), BOB)).toMatchObject({ amount: 3n, exact: true })
  })

  it('is read to the last unit of 64 bits', async () => {
    give(rpc, ALICE, { amount: 2n ** 64n - 1n })
    expect(await readEnough(sourceOf(rpc), ALICE)).toMatchObject({ amount: 2n ** 64n - 1n, exact: false })
  })

  it('of nothing is answered whatever there is', async () => {
    const minimum = decimal('0')
    const answer = await sourceOf(rpc).read(query({ owner: CAROL, minimum }), untilEnded())
    expect(answer).toMatchObject({ amount: 0n, exact: false })
  })

  it.each([{ isExtended: false }, { isExtended: true }])(
    'is answered in the same way where its mint is of Token-2022: %o',
    async ({ isExtended }) => {
      rpc.setMint(OTHER_MINT, { decimals: 2, program: 'token-2022', isExtended })
      give(rpc, ALICE, { program: 'token-2022' }, OTHER_MINT)
      give(rpc, BOB, { program: 'token-2022' }, OTHER_MINT)
      const source = sourceOf(rpc)
      const known = { amount: ENOUGH, decimals: 2, exact: false }
      expect(await readEnough(source, ALICE, { mint: OTHER_MINT })).toMatchObject(known)
      expect(await readEnough(source, BOB, { mint: OTHER_MINT })).toMatchObject(known)
      expect(methods()).toEqual([BATCH, BATCH])
    },
  )

  it('is not judged by what is at the address that another program would have given it', async () => {
    const odd = { pubkey: associated(ALICE, MINT, 'token-2022'), amount: 1n, programId: BOB }
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH, pubkey: associated(ALICE, MINT) }, odd])
    expect(await readEnough(sourceOf(rpc), ALICE)).toMatchObject({ amount: ENOUGH, exact: false })
  })

  it('that is no address is refused alone, and nothing is asked', async () => {
    const source = sourceOf(rpc)
    const answers = [readEnough(source, ALICE), readEnough(source, 'nobody')] as const
    await expect(answers[1]).rejects.toThrow('could answer')
    expect(await answers[0]).toMatchObject({ amount: ENOUGH })
    expect(rpc.calls()).toBe(1)
    await expect(readEnough(source, ALICE, { mint: 'no mint' })).rejects.toThrow('could answer')
  })
})

describe('a reading that must be exact, or needs no minimum', () => {
  it('asks for the list of accounts alone', async () => {
    const source = sourceOf(rpc)
    const exact = { amount: ENOUGH, exact: true }
    expect(await source.read(query({ minimum: MINIMUM, exact: true }), untilEnded())).toMatchObject(exact)
    expect(await source.read(query(), untilEnded())).toMatchObject(exact)
    expect(methods()).toEqual([LIST, LIST])
  })
})

describe('a gate over lower bounds', () => {
  const kit = async () => gateKit({ balances: sourceOf(rpc), portTimeoutMs: 10_000 }, [ALICE, BOB, CAROL])

  it('lets in by one request, and refuses by what all accounts hold together', async () => {
    const { gate, request } = await kit()
    const members = gate.with({ balance: ACTO })
    expect(await members(request(ALICE))).toMatchObject({
      type: 'allow',
      access: { balance: { amount: ENOUGH, exact: false } },
    })
    expect(methods()).toEqual([BATCH])
    rpc.setAccounts(BOB, MINT, [{ amount: 1n, pubkey: associated(BOB, MINT) }, { amount: 10n ** 9n }])
    expect((await ask(members, request(BOB))).body).toMatchObject({ status: 403, balance: '1.000000001' })
  })

  it('lets in whoever has enough over several accounts, under a second gate that needs more too', async () => {
    const pubkey = associated(ALICE, MINT)
    rpc.setAccounts(ALICE, MINT, [{ amount: ENOUGH, pubkey }, { amount: ENOUGH }])
    const { gate, request } = await kit()
    const members = gate.with({ balance: ACTO })
    const patrons = gate.with({ balance: { ...ACTO, minimum: '100000' } })
    const [low, high] = await Promise.all([ask(members, request()), ask(patrons, request())])
    expect([low.status, high.status]).toEqual([200, 200])
    const higher = gate.with({ balance: { ...ACTO, minimum: '100000.000000001' } })
    expect((await ask(higher, request())).body).toMatchObject({ status: 403, balance: '100000' })
  })
})
