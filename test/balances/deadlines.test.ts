import { randomBytes } from 'node:crypto'
import bs58 from 'bs58'
import { solanaBalances } from 'sallyport/balances/solana'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readFrom, startTokenRpc } from '../harness/balances/fault-kit.js'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { ALICE, BOB, CAROL } from '../support/addresses.js'
import type { FaultRpc } from '../support/rpc/fault-rpc.js'

let rpc: FaultRpc
beforeEach(async () => {
  rpc = await startTokenRpc()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rpc.close()
})

const newWallet = () => bs58.encode(randomBytes(32))

describe('a gate that waits for less than its source would', () => {
  it.each([{}, { balanceCache: false } as const])(
    'still leaves the second node the time to answer, on every request: %o',
    async (cache) => {
      const silent = await startTokenRpc()
      silent.fault = 'silent'
      rpc.delayMs = 50
      const balances = solanaBalances({ rpcUrls: [silent.url, rpc.url] })
      const { gate, request } = await gateKit({ balances, portTimeoutMs: 1_000, ...cache }, [
        ALICE,
        BOB,
        CAROL,
      ])
      const members = gate.with({ balance: ACTO })
      try {
        const statuses: number[] = []
        for (const wallet of [ALICE, BOB, CAROL]) statuses.push((await ask(members, request(wallet))).status)
        expect(statuses).toEqual([200, 403, 403])
        expect(silent.calls()).toBe(1)
        // The first node is no longer held to be ill, and asked before the second again.
        const now = performance.now.bind(performance)
        vi.spyOn(performance, 'now').mockImplementation(() => now() + 600_000)
        expect((await ask(members, request(ALICE))).status).toBe(200)
        expect(silent.calls()).toBe(2)
      } finally {
        await silent.close()
      }
    },
  )
})

describe('a burst that is more than a node can answer in time', () => {
  it('is not held against the node: the next reading is answered', async () => {
    const source = solanaBalances({ rpcUrl: rpc.url, timeoutMs: 2_000 })
    expect(await readFrom(source, BOB)).toBe(10n ** 9n)
    // Whoever stands in the queue has less than half a second left when the first are answered.
    rpc.delayMs = 1_600
    const burst = await Promise.all(Array.from({ length: 64 }, () => readFrom(source, newWallet())))
    // Some came too late for a node that is well.
    expect(burst.filter((outcome) => outcome === 'rejected').length).toBeGreaterThan(5)
    expect(burst).toContain(0n)
    rpc.delayMs = 0
    expect(await readFrom(source, BOB)).toBe(10n ** 9n)
  })

  it('is held against a node that answers nobody', async () => {
    rpc.fault = 'silent'
    const source = solanaBalances({ rpcUrl: rpc.url, timeoutMs: 100 })
    await Promise.all(Array.from({ length: 130 }, () => readFrom(source, newWallet())))
    rpc.fault = 'none'
    rpc.reset()
    expect(await readFrom(source, BOB)).toBe('rejected')
    expect(rpc.calls()).toBe(0)
  })
})
