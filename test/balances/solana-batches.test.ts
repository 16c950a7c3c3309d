import { cached } from 'sallyport/balances'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ENOUGH,
  give,
  MINIMUM,
  newAddress,
  newWallets,
  outcomesOf,
  readEnough,
  sizesOf,
  sourceOf,
} from '../harness/balances/bounds-kit.js'
import { startTokenRpc } from '../harness/balances/fault-kit.js'
import { happening, query, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import type { FaultRpc } from '../support/rpc/fault-rpc.js'
import { listenOnLoopback } from '../support/rpc/loopback.js'

let rpc: FaultRpc
beforeEach(async () => {
  rpc = await startTokenRpc()
  give(rpc, ALICE)
})
afterEach(() => rpc.close())

/** So many wallets that hold enough. */
function holders(count: number, from = rpc): readonly string[] {
  const wallets = newWallets(count)
  for (const wallet of wallets) give(from, wallet)
  return wallets
}

describe('cold wallets that are read at the same time', () => {
  it('are a thousand by eleven requests where the mint is cold too, each told what it holds', async () => {
    const wallets = newWallets(1_000)
    for (const [at, owner] of wallets.entries()) give(rpc, owner, { amount: ENOUGH + BigInt(at) })
    expect(await outcomesOf(sourceOf(rpc), wallets)).toEqual(wallets.map((_, at) => ENOUGH + BigInt(at)))
    // One for the mint and 49 wallets at both addresses, ten for the others.
    expect(sizesOf(rpc)).toEqual([99, ...Array.from({ length: 9 }, () => 100), 51])
    expect(rpc.calls()).toBe(11)
  })

  it('are a thousand by ten requests where the mint is known', async () => {
    const source = sourceOf(rpc)
    await readEnough(source, ALICE)
    rpc.reset()
    expect(new Set(await outcomesOf(source, holders(1_000)))).toEqual(new Set([ENOUGH]))
    expect(sizesOf(rpc)).toEqual(Array.from({ length: 10 }, () => 100))
    expect(rpc.calls()).toBe(10)
  })

  it('wait for the first answer about their mint, which one of them alone has asked for', async () => {
    rpc.delayMs = 100
    const source = sourceOf(rpc)
    const first = readEnough(source, ALICE)
    // The request of the first has left when the others come.
    await expect.poll(() => rpc.calls()).toBe(1)
    const others = outcomesOf(source, holders(120))
    expect(await first).toMatchObject({ amount: ENOUGH })
    expect(new Set(await others)).toEqual(new Set([ENOUGH]))
    expect(sizesOf(rpc)).toEqual([3, 100, 20])
  })

  it('of two mints are read apart', async () => {
    rpc.setMint(OTHER_MINT, { decimals: 6 })
    give(rpc, ALICE, { amount: ENOUGH + 1n }, OTHER_MINT)
    const source = sourceOf(rpc)
    const answers = await Promise.all([MINT, OTHER_MINT].map((mint) => readEnough(source, ALICE, { mint })))
    expect(answers).toMatchObject([
      { amount: ENOUGH, decimals: 9 },
      { amount: ENOUGH + 1n, decimals: 6 },
    ])
    expect(sizesOf(rpc)).toEqual([3, 3])
  })

  it('that do not hold enough are each read exactly, and the others are not', async () => {
    const [rich, poor] = [holders(60), newWallets(5)]
    for (const [at, owner] of poor.entries()) give(rpc, owner, { amount: BigInt(at) })
    const source = sourceOf(rpc)
    await readEnough(source, ALICE)
    rpc.reset()
    const outcomes = await outcomesOf(source, [...poor, ...rich])
    expect(outcomes).toEqual([0n, 1n, 2n, 3n, 4n, ...rich.map(() => ENOUGH)])
    expect([rpc.callsOf('getMultipleAccounts'), rpc.callsOf('getTokenAccountsByOwner')]).toEqual([1, 5])
  })

  it('are asked for once each, however many ask for the same', async () => {
    const source = sourceOf(rpc)
    await readEnough(source, ALICE)
    rpc.reset()
    const crowd = [...Array.from({ length: 300 }, () => ALICE), ...holders(2)]
    expect(new Set(await outcomesOf(source, crowd))).toEqual(new Set([ENOUGH]))
    expect(sizesOf(rpc)).toEqual([3])
  })
})

describe('requests for several accounts', () => {
  it('reach a node 32 at a time, however many wallets wait for them', async () => {
    let [inFlight, most] = [0, 0]
    const server = await listenOnLoopback(async (incoming, outgoing) => {
      most = Math.max(most, ++inFlight)
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const { id, params } = JSON.parse(Buffer.concat(chunks).toString())
      const value = params[0].map(() => null)
      // Whoever else would come has the time to come.
      setTimeout(() => {
        inFlight--
        outgoing.writeHead(200, { 'content-type': 'application/json' })
        outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, result: { context: { slot: 1 }, value } }))
      }, 50)
    })
    try {
      const source = sourceOf(server)
      const answers = newWallets(100).map((mint) => readEnough(source, ALICE, { mint }))
      const outcomes = await Promise.allSettled(answers)
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
      expect(most).toBe(32)
    } finally {
      await server.stop()
    }
  })

  it('renew what a cache knows, a hundred wallets by one', async () => {
    const clock = manualClock()
    const wallets = holders(150)
    const source = cached(sourceOf(rpc), { clock })
    await outcomesOf(source, wallets)
    rpc.reset()
    clock.advance(30_000)
    for (const owner of wallets) source.read(query({ owner, minimum: MINIMUM }), untilEnded())
    await expect.poll(() => rpc.calls()).toBe(1)
    clock.advance(15_000)
    // The first 100 are known anew by now, or their readings are under way.
    expect(source.read(query({ owner: wallets[149] ?? '', minimum: MINIMUM }), untilEnded())).toMatchObject({
      freshness: 'cached',
    })
    await expect.poll(() => rpc.calls()).toBe(2)
    expect(sizesOf(rpc)).toEqual([100, 50])
  })
})

describe('a mint that does not exist', () => {
  it('is told to all who wait, by one request', async () => {
    const source = sourceOf(rpc)
    const mint = newAddress()
    const answers = await Promise.allSettled(
      newWallets(300).map((owner) => readEnough(source, owner, { mint })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(rpc.calls()).toBe(1)
    expect(await readEnough(source, ALICE)).toMatchObject({ amount: ENOUGH })
  })

  it('is found as soon as it does', async () => {
    const source = sourceOf(rpc)
    await expect(readEnough(source, ALICE, { mint: OTHER_MINT })).rejects.toThrow('could answer')
    rpc.setMint(OTHER_MINT, { decimals: 6 })
    give(rpc, ALICE, {}, OTHER_MINT)
    expect(await readEnough(source, ALICE, { mint: OTHER_MINT })).toMatchObject({ decimals: 6 })
  })
})

describe('a request that fails', () => {
  it('counts once with the breaker, however many wallets wait for it, and is told to all', async () => {
    const source = sourceOf(rpc)
    await readEnough(source, ALICE)
    rpc.reset()
    rpc.fault = 'http-500'
    const wallets = newWallets(100)
    for (let at = 1; at <= 4; at++) {
      expect(new Set(await outcomesOf(source, wallets))).toEqual(new Set(['rejected']))
      expect(rpc.calls()).toBe(at)
    }
    rpc.fault = 'none'
    expect(await readEnough(source, ALICE)).toMatchObject({ amount: ENOUGH })

    rpc.reset()
    rpc.fault = 'http-500'
    for (let at = 0; at < 5; at++) await outcomesOf(source, wallets)
    rpc.fault = 'none'
    // Five in a row: the node is left alone, and that is told to everybody too.
    expect(new Set(await outcomesOf(source, wallets))).toEqual(new Set(['rejected']))
    expect(rpc.calls()).toBe(5)
  })

  it('is made up for by the next endpoint, by one request for all of them', async () => {
    const [broken, source] = [await startTokenRpc(), sourceOf({ url: 'http://127.0.0.1:1' }, rpc)]
    try {
      expect(new Set(await outcomesOf(source, holders(49)))).toEqual(new Set([ENOUGH]))
      expect(sizesOf(rpc)).toEqual([99])
      broken.fault = 'http-500'
      rpc.reset()
      expect(new Set(await outcomesOf(sourceOf(broken, rpc), holders(49)))).toEqual(new Set([ENOUGH]))
      expect([broken.calls(), rpc.calls()]).toEqual([1, 1])
    } finally {
      await broken.close()
    }
  })

  it('of an unknown mint fails for those who wait for it as well, and the next one begins anew', async () => {
    const source = sourceOf(rpc)
    rpc.fault = 'http-500'
    expect(new Set(await outcomesOf(source, newWallets(150)))).toEqual(new Set(['rejected']))
    expect(rpc.calls()).toBe(1)
    rpc.fault = 'none'
    expect(new Set(await outcomesOf(source, holders(150)))).toEqual(new Set([ENOUGH]))
  })
})

describe('callers who give up', () => {
  it('take nobody along, and the connection is closed when the last one has gone', async () => {
    const [arrival, closed] = [happening(), happening()]
    const server = await listenOnLoopback((_incoming, outgoing) => {
      outgoing.on('close', () => closed.happen())
      arrival.happen()
    })
    try {
      const source = sourceOf(server)
      const callers = newWallets(3).map((owner) => {
        const caller = new AbortController()
        const options = { signal: caller.signal }
        const outcome = readEnough(source, owner, { options }).catch((error: Error) => error.message)
        return { caller, outcome }
      })
      await arrival.happened
      for (const { caller, outcome } of callers) {
        caller.abort(new Error('gave up'))
        expect(await outcome).toBe('gave up')
      }
      await closed.happened
    } finally {
      await server.stop()
    }
  })

  it('leave the answer to those who stay, also where they were the first of a mint', async () => {
    rpc.delayMs = 60
    const source = sourceOf(rpc)
    const caller = new AbortController()
    const left = readEnough(source, newAddress(), { options: { signal: caller.signal } })
    const outcome = left.catch((error: Error) => error.message)
    await expect.poll(() => rpc.calls()).toBe(1)
    const staying = readEnough(source, ALICE)
    caller.abort(new Error('gave up'))
    expect(await outcome).toBe('gave up')
    expect(await staying).toMatchObject({ amount: ENOUGH })
  })

  it('at their deadline are told so, each at its own', async () => {
    rpc.fault = 'silent'
    const source = sourceOf(rpc)
    const answers = await Promise.allSettled([
      readEnough(source, ALICE, { options: { signal: AbortSignal.timeout(20) } }),
      readEnough(source, BOB, { options: { ...untilEnded(), timeoutMs: 200 } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    rpc.fault = 'none'
    expect(await source.read(query(), untilEnded())).toMatchObject({ amount: ENOUGH })
  })
})
