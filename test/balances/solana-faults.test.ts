import { GateError } from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ENOUGH, readFrom, solanaGate, startTokenRpc, TOKEN } from '../harness/balances/fault-kit.js'
import { ALICE, BOB, MINT } from '../support/addresses.js'
import { answerFaults, type FaultRpc, faults } from '../support/rpc/fault-rpc.js'

const HANGING: readonly string[] = ['silent', 'slow-body']
const deadlineFor = (fault: string) => (HANGING.includes(fault) ? 300 : 10_000)

let rpc: FaultRpc
beforeAll(async () => {
  rpc = await startTokenRpc()
})
afterAll(() => rpc.close())
beforeEach(() => {
  rpc.fault = 'none'
  rpc.faultyMethod = undefined
  rpc.reset()
})

describe('a node that answers wrongly', () => {
  const said = ['error', 'warn', 'info', 'log', 'debug'] as const
  beforeEach(() => {
    for (const method of said) vi.spyOn(console, method)
  })
  afterEach(() => {
    for (const method of said) expect(console[method]).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })

  it.each(faults)('is a 503 to rich and poor alike, and no more once it is well: %s', async (fault) => {
    const { seen, events } = await solanaGate([rpc.url], deadlineFor(fault))
    rpc.fault = fault
    for (const wallet of [ALICE, BOB]) {
      const { status, body } = await seen(wallet)
      expect([status, body.code]).toEqual([503, 'dependency_unavailable'])
    }
    expect(events.map(({ outage }) => outage?.dependency)).toEqual(['balances', 'balances'])
    rpc.fault = 'none'
    expect((await seen(ALICE)).status).toBe(200)
    expect((await seen(BOB)).status).toBe(403)
  })

  it.each(answerFaults)('keeps a gate from being ready: %s', async (fault) => {
    const { gate } = await solanaGate([rpc.url], deadlineFor(fault))
    rpc.fault = fault
    const failure = await gate.ready().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(GateError)
    expect((failure as GateError).code).toBe('ERR_GATE_NOT_READY')
    expect((failure as GateError).problems).toEqual([expect.stringContaining(`balances: mint ${MINT}`)])
    rpc.fault = 'none'
    await expect(gate.ready()).resolves.toBeUndefined()
  })

  it('is asked once for each reading: nothing is tried again behind', async () => {
    rpc.fault = 'http-429'
    const source = solanaBalances({ rpcUrl: rpc.url, timeoutMs: 15_000 })
    const startedMs = performance.now()
    expect(await readFrom(source)).toBe('rejected')
    // The library alone would ask five times, and wait for 7.5 seconds in between.
    expect(performance.now() - startedMs).toBeLessThan(3_000)
    expect(rpc.calls()).toBe(1)
  })

  it.each(['redirect', 'redirect-307'] as const)('is not followed elsewhere: %s', async (fault) => {
    rpc.fault = fault
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url }))).toBe('rejected')
    expect(rpc.redirectsFollowed()).toBe(0)
  })

  it('that is not there at all is a 503', async () => {
    const gone = await startTokenRpc()
    const { seen } = await solanaGate([gone.url])
    await gone.close()
    expect((await seen()).status).toBe(503)
  })
})

describe('a node that fails for questions after mints alone', () => {
  it('still serves wallets that hold the token: their accounts tell the decimals', async () => {
    rpc.fault = 'http-500'
    rpc.faultyMethod = 'getAccountInfo'
    const source = solanaBalances({ rpcUrl: rpc.url })
    expect(await readFrom(source)).toBe(ENOUGH)
    expect(rpc.callsOf('getAccountInfo')).toBe(0)
  })

  it('cannot tell what a wallet without accounts lacks, until the decimals are known', async () => {
    rpc.fault = 'http-500'
    rpc.faultyMethod = 'getAccountInfo'
    const source = solanaBalances({ rpcUrl: rpc.url })
    const stranger = 'So11111111111111111111111111111111111111112'
    expect(await readFrom(source, stranger)).toBe('rejected')
    expect(await readFrom(source, ALICE)).toBe(ENOUGH)
    expect(await readFrom(source, stranger)).toBe(0n)
  })
})

describe('a question to a node', () => {
  it('asks for one mint of one owner, parsed, at the commitment that was chosen', async () => {
    await readFrom(solanaBalances({ rpcUrl: rpc.url }))
    await readFrom(solanaBalances({ rpcUrl: rpc.url, commitment: 'finalized' }))
    expect(rpc.requests().map(({ method, params }) => [method, ...params])).toEqual(
      ['confirmed', 'finalized'].map((commitment) => [
        'getTokenAccountsByOwner',
        ALICE,
        { mint: MINT },
        { encoding: 'jsonParsed', commitment },
      ]),
    )
  })

  it('finds the slot of the answer', async () => {
    rpc.setSlot(424_242)
    const source = solanaBalances({ rpcUrl: rpc.url })
    const signal = new AbortController().signal
    expect(await source.read({ mint: MINT, owner: BOB }, { signal })).toEqual({
      amount: TOKEN,
      decimals: 9,
      slot: 424_242,
      exact: true,
    })
  })
})
