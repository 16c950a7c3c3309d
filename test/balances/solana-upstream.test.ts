import type { ServerResponse } from 'node:http'
import { cached } from 'sallyport/balances'
import { solanaBalances } from 'sallyport/balances/solana'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ENOUGH, readFrom, solanaGate, startTokenRpc, TOKEN } from '../harness/balances/fault-kit.js'
import { happening, outcomeOf, query, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../support/addresses.js'
import type { FaultRpc } from '../support/rpc/fault-rpc.js'
import { listenOnLoopback } from '../support/rpc/loopback.js'

let rpc: FaultRpc
beforeEach(async () => {
  rpc = await startTokenRpc()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rpc.close()
})

/** Lets time pass for the machine's monotonic clock, which a Solana source runs on. */
function advanceMachineClock(ms: number): void {
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms)
}

describe('a node that never answers', () => {
  it.each([
    ['nothing', ''],
    ['the beginning of an answer', '{"jsonrpc":'],
  ])('is hung up on at the deadline: %s', async (_, beginning) => {
    let asked = 0
    const closed = happening()
    const server = await listenOnLoopback((incoming, outgoing) => {
      asked++
      incoming.resume()
      if (beginning !== '') outgoing.writeHead(200, { 'content-type': 'application/json' }).write(beginning)
      outgoing.on('close', () => closed.happen())
    })
    try {
      expect(await readFrom(solanaBalances({ rpcUrl: server.url, timeoutMs: 300 }))).toBe('rejected')
      await closed.happened
      expect(asked).toBe(1)
    } finally {
      await server.stop()
    }
  })

  it('is hung up on as soon as the caller gives up', async () => {
    const arrival = happening()
    const closed = happening()
    const server = await listenOnLoopback((_incoming, outgoing) => {
      outgoing.on('close', () => closed.happen())
      arrival.happen()
    })
    try {
      const caller = new AbortController()
      const source = solanaBalances({ rpcUrl: server.url, timeoutMs: 60_000 })
      const answer = Promise.resolve(source.read(query(), { signal: caller.signal }))
      await arrival.happened
      caller.abort(new Error('the caller gave up'))
      await expect(answer).rejects.toThrow('the caller gave up')
      await closed.happened
    } finally {
      await server.stop()
    }
  })

  it('does not end the calls of others that go on beside it', async () => {
    rpc.delayMs = 40
    const source = solanaBalances({ rpcUrl: rpc.url })
    const impatient = new AbortController()
    const given = Promise.resolve(source.read(query(), { signal: impatient.signal })).catch(() => 'rejected')
    const kept = [readFrom(source, ALICE), readFrom(source, BOB)]
    impatient.abort(new Error('gave up'))
    expect(await given).toBe('rejected')
    expect(await Promise.all(kept)).toEqual([ENOUGH, TOKEN])
  })
})

describe('a body that is too large', () => {
  it('is cut off at 1 MB, long before its end', async () => {
    let sent = 0
    const chunk = Buffer.alloc(65_536, ' ')
    const server = await listenOnLoopback((incoming, outgoing) => {
      incoming.resume()
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      const pour = () => {
        while (!outgoing.destroyed) {
          sent += chunk.byteLength
          if (!outgoing.write(chunk)) return
        }
      }
      outgoing.on('drain', pour)
      pour()
    })
    try {
      expect(await readFrom(solanaBalances({ rpcUrl: server.url, timeoutMs: 5_000 }))).toBe('rejected')
      // What is beyond 1 MB stands in the buffers of two sockets.
      expect(sent).toBeGreaterThan(1_048_576)
      expect(sent).toBeLessThan(32 * 1_048_576)
    } finally {
      await server.stop()
    }
  })

  it('is taken up to that size', async () => {
    const accounts = Array.from({ length: 1_000 }, () => ({ amount: 1n }))
    rpc.setAccounts(ALICE, MINT, accounts)
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url, timeoutMs: 5_000 }))).toBe(1_000n)
  })
})

describe('many readings at once', () => {
  it('reach a node 32 at a time', async () => {
    const held: ServerResponse[] = []
    let most = 0
    const refuse = (outgoing: ServerResponse) => outgoing.writeHead(404).end()
    const server = await listenOnLoopback((incoming, outgoing) => {
      incoming.resume()
      if (most === 0) held.push(outgoing)
      else refuse(outgoing)
      if (held.length < 32) return
      // Whoever else would come has the time to come.
      setTimeout(() => {
        most ||= held.length
        held.splice(0).forEach(refuse)
      }, 50)
    })
    try {
      const source = solanaBalances({ rpcUrl: server.url, timeoutMs: 10_000 })
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => readFrom(source)))
      expect(new Set(outcomes)).toEqual(new Set(['rejected']))
      expect(most).toBe(32)
    } finally {
      await server.stop()
    }
  })

  it('are all answered in the end', async () => {
    rpc.delayMs = 5
    const source = solanaBalances({ rpcUrl: rpc.url, timeoutMs: 10_000 })
    const answers = await Promise.all(Array.from({ length: 300 }, () => readFrom(source)))
    expect(new Set(answers)).toEqual(new Set([ENOUGH]))
    expect(rpc.calls()).toBe(300)
  })

  it('of one wallet cost one call behind a cache', async () => {
    const source = cached(solanaBalances({ rpcUrl: rpc.url }))
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => source.read(query(), untilEnded())))
    expect(answers.every(({ amount }) => amount === ENOUGH)).toBe(true)
    expect(rpc.calls()).toBe(1)
  })
})

describe('a node that keeps failing', () => {
  it('is left alone after five failures, and asked once when two seconds have passed', async () => {
    const source = solanaBalances({ rpcUrl: rpc.url })
    rpc.fault = 'http-500'
    for (let at = 0; at < 20; at++) expect(await readFrom(source)).toBe('rejected')
    expect(rpc.calls()).toBe(5)

    advanceMachineClock(2_000)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => readFrom(source)))
    expect(new Set(outcomes)).toEqual(new Set(['rejected']))
    expect(rpc.calls()).toBe(6)

    rpc.fault = 'none'
    vi.restoreAllMocks()
    advanceMachineClock(10_000)
    expect(await readFrom(source)).toBe(ENOUGH)
    expect(await readFrom(source, BOB)).toBe(TOKEN)
  })

  it('is not what a node is whose answer about one wallet cannot be used', async () => {
    const tooMany = Array.from({ length: 3_000 }, () => ({ amount: 1n }))
    rpc.setAccounts(CAROL, MINT, tooMany)
    const source = solanaBalances({ rpcUrl: rpc.url, timeoutMs: 5_000 })
    const exactly = query({ owner: CAROL, exact: true })
    for (let at = 0; at < 8; at++)
      expect(await outcomeOf(source.read(exactly, untilEnded()))).toBe('rejected')
    rpc.setAccounts(CAROL, MINT, [{ amount: 1n, state: 'uninitialized' }])
    for (let at = 0; at < 8; at++) expect(await readFrom(source, CAROL)).toBe('rejected')
    expect(await readFrom(source, ALICE)).toBe(ENOUGH)
  })

  it('is not what a node is that does not know one mint', async () => {
    const source = solanaBalances({ rpcUrl: rpc.url })
    for (let at = 0; at < 8; at++) expect(await readFrom(source, ALICE, OTHER_MINT)).toBe('rejected')
    expect(await readFrom(source, ALICE)).toBe(ENOUGH)
  })
})

describe('two nodes', () => {
  it('stand in for one another within one request', async () => {
    const { seen } = await solanaGate(['http://127.0.0.1:1', rpc.url])
    expect((await seen()).status).toBe(200)
    expect((await seen(BOB)).status).toBe(403)
  })

  it('leave time for the second where the first hangs', async () => {
    const hanging = await startTokenRpc()
    hanging.fault = 'silent'
    const source = solanaBalances({ rpcUrls: [hanging.url, rpc.url], timeoutMs: 600 })
    expect(await readFrom(source)).toBe(ENOUGH)
    expect(await readFrom(source, BOB)).toBe(TOKEN)
    expect(hanging.calls()).toBe(1)
    await hanging.close()
  })

  it('are an outage where both are down', async () => {
    rpc.fault = 'http-500'
    const { seen } = await solanaGate(['http://127.0.0.1:1', rpc.url])
    expect((await seen()).status).toBe(503)
  })
})
