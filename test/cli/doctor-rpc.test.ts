import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MINT, OTHER_MINT } from '../support/addresses.js'
import { startFaultRpc } from '../support/rpc/fault-rpc.js'
import { listenOnLoopback } from '../support/rpc/loopback.js'
import { diagnose } from './doctor-kit.js'

const HEALTHY = JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'ok' })

/** A node that answers what a test wants, with a clock that is off by so much. */
async function node(answer: RequestListener, aheadMs = 0): Promise<string> {
  const { url, stop } = await listenOnLoopback((incoming, outgoing) => {
    incoming.resume()
    outgoing.setHeader('date', new Date(Date.now() + aheadMs).toUTCString())
    answer(incoming, outgoing)
  })
  onTestFinished(stop)
  return url
}

const healthy: RequestListener = (_, outgoing) => outgoing.end(HEALTHY)

describe('doctor on RPC endpoints', () => {
  it('finds nothing wrong with one that answers', async () => {
    const { run, of } = await diagnose([], { SOLANA_RPC_URL: await node(healthy) })
    for (const name of ['rpc', 'clock']) expect(of(name)).toMatchObject([{ status: 'ok' }])
    expect(run.code).toBe(0)
  })

  it.each<[string, RequestListener]>([
    ['HTTP status 429', (_, outgoing) => outgoing.writeHead(429).end('slow down')],
    ['HTTP status 302', (_, outgoing) => outgoing.writeHead(302, { location: 'https://shop.example' }).end()],
    ['not that of an RPC endpoint', (_, outgoing) => outgoing.end('<h1>It works!</h1>')],
    ['not that of an RPC endpoint', (_, outgoing) => outgoing.end('null')],
    [
      'error -32005',
      (_, outgoing) => outgoing.end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32005 } })),
    ],
    ['does not answer', (incoming) => incoming.socket.destroy()],
  ])('finds one of which it says: %s', async (said, answer) => {
    const { of } = await diagnose([], { SOLANA_RPC_URL: await node(answer) })
    expect(of('rpc')).toMatchObject([{ status: 'problem', detail: expect.stringContaining(said) }])
  })

  it('finds one that is slow', async () => {
    const slow: RequestListener = (_, outgoing) => setTimeout(() => outgoing.end(HEALTHY), 600).unref()
    const { of } = await diagnose([], { SOLANA_RPC_URL: await node(slow) })
    expect(of('rpc')).toMatchObject([{ status: 'warning', detail: expect.stringContaining('waits for it') }])
  })

  it('tells endpoints apart, by their place', async () => {
    const urls = [await node(healthy), await node((_, outgoing) => outgoing.writeHead(500).end())]
    const { of } = await diagnose([], { SOLANA_RPC_URL: urls.join(', ') })
    expect(of('rpc')).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^endpoint 1 /) },
      { status: 'problem', detail: expect.stringMatching(/^endpoint 2 .*500/) },
    ])
  })

  it('finds public ones, ones without TLS, and ones that fetch refuses', async () => {
    const urls = [
      'https://api.mainnet-beta.solana.com',
      'https://solana-rpc.publicnode.com',
      'http://rpc.shop.invalid/?api-key=hunter2',
      'https://ops:hunter2@rpc.shop.invalid',
      'hunter2',
    ]
    const { run, of } = await diagnose([], { SOLANA_RPC_URL: urls.join(',') })
    const about = (place: number) => of('rpc').filter(({ detail }) => detail.startsWith(`endpoint ${place} `))
    for (const place of [1, 2]) {
      expect(about(place)).toContainEqual(
        expect.objectContaining({ detail: expect.stringContaining('public') }),
      )
    }
    expect(about(3)).toContainEqual(expect.objectContaining({ detail: expect.stringContaining('not https') }))
    for (const place of [4, 5]) expect(about(place)).toMatchObject([{ status: 'problem' }])
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })

  it('warns of a key in the command line, which it does not repeat', async () => {
    const url = await node(healthy)
    const key = 'Zm9vYmFyYmF6cXV4Zm9vYmFy'
    const inArgv = await diagnose(['--rpc-url', `${url}/v2/${key}`])
    expect(inArgv.run.stderr).toMatch(/^warning: .*SOLANA_RPC_URL\n$/)
    const inEnvironment = await diagnose([], { SOLANA_RPC_URL: `${url}/?api-key=${key}` })
    expect(inEnvironment.run.stderr).toBe('')
    for (const { run } of [inArgv, inEnvironment]) expect(run.stdout + run.stderr).not.toContain(key)
  })

  it.each([
    { aheadMs: 2_000, status: 'ok', said: 'agrees' },
    { aheadMs: 12_000, status: 'warning', said: "12 s ahead of this machine's" },
    { aheadMs: -12_000, status: 'warning', said: "12 s behind this machine's" },
    { aheadMs: 45_000, status: 'problem', said: '45 s ahead' },
    { aheadMs: -3_600_000, status: 'problem', said: '3600 s behind' },
  ])('says $status of a clock that is off by $aheadMs ms', async ({ aheadMs, status, said }) => {
    const { of } = await diagnose([], { SOLANA_RPC_URL: await node(healthy, aheadMs) })
    expect(of('clock')).toMatchObject([{ status }])
    const [seconds] = /\d+ s/.exec(said) ?? []
    const detail = of('clock')[0]?.detail ?? ''
    if (seconds === undefined) expect(detail).toContain(said)
    else {
      // The header is cut to the second.
      const off = Number.parseInt(seconds, 10)
      const [told = ''] = /\d+(?= s (?:ahead|behind))/.exec(detail) ?? []
      expect(Math.abs(Number(told) - off)).toBeLessThanOrEqual(1)
      expect(detail).toContain(aheadMs > 0 ? 'ahead' : 'behind')
    }
  })

  it('reads a clock behind a cache by the age of its answer', async () => {
    const cached: RequestListener = (_, outgoing) => outgoing.setHeader('age', '60').end(HEALTHY)
    const { of } = await diagnose([], { SOLANA_RPC_URL: await node(cached, -60_000) })
    expect(of('clock')).toMatchObject([{ status: 'ok' }])
  })
})

describe('doctor on mints', () => {
  it('tells mints that exist from those that do not, and from what is none', async () => {
    const rpc = await startFaultRpc()
    onTestFinished(() => rpc.close())
    rpc.setMint(MINT, { decimals: 6 })
    const mints = `${MINT},${OTHER_MINT},not-a-mint`
    const { of } = await diagnose([], { SOLANA_RPC_URL: rpc.url, SALLYPORT_MINTS: mints })
    expect(of('rpc')).toMatchObject([{ status: 'ok' }])
    expect(of('mints')).toEqual([
      expect.objectContaining({ status: 'problem', detail: 'not-a-mint is no Solana address' }),
      expect.objectContaining({ status: 'ok', detail: `${MINT} has 6 decimals` }),
      expect.objectContaining({ status: 'problem', detail: expect.stringContaining('does not exist') }),
    ])
    expect(of('mints')[2]?.detail).toContain(OTHER_MINT)
  })

  it('says that it could not look where no endpoint answers', async () => {
    const { of } = await diagnose(['--mint', MINT, OTHER_MINT], { SOLANA_RPC_URL: 'http://127.0.0.1:1' })
    expect(of('mints')).toMatchObject([
      { status: 'warning', detail: expect.stringMatching(/^2 not looked up/) },
    ])
  })
})
