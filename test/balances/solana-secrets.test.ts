import { inspect } from 'node:util'
import { createGate, type DecisionEvent, GateError } from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { memoryStore } from 'sallyport/stores/memory'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { solanaGate, startTokenRpc } from '../harness/balances/fault-kit.js'
import { ACTO, ask } from '../harness/balances/gate-kit.js'
import { withRawRpc } from '../harness/balances/raw-rpc.js'
import { ALICE } from '../support/addresses.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { answerFaults, type FaultRpc } from '../support/rpc/fault-rpc.js'

const KEY = '8c1f5a2e-93d7-4b60-a2d4-0e6f7c1b9a35'
const withKey = (url: string) => `${url}/v2/${KEY}?api-key=${KEY}`

let rpc: FaultRpc
beforeAll(async () => {
  rpc = await startTokenRpc()
})
afterAll(() => rpc.close())

/** Everything that the host's users, logs and operators may come to see of an outage. */
async function allThatIsTold(url: string): Promise<{ told: string; events: readonly DecisionEvent[] }> {
  const { gate, seen, events } = await solanaGate([withKey(url)], 150)
  const { body, status } = await seen()
  expect(status).toBe(503)
  const failure = await gate.ready().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(GateError)
  const told = [JSON.stringify([body, events]), inspect(failure, { depth: 10 }), String(failure)].join('\n')
  return { told, events }
}

describe('the key in the URL of a node', () => {
  it.each(answerFaults)('is told to nobody: %s', async (fault) => {
    rpc.fault = fault
    const { told, events } = await allThatIsTold(rpc.url)
    expect(told).not.toContain(KEY)
    expect(told).not.toContain(rpc.url)
    expect(events.at(-1)?.outage?.cause).toMatch(/\w/)
  })

  it('is told to nobody where the node is not there', async () => {
    const gone = await startTokenRpc()
    await gone.close()
    const { told } = await allThatIsTold(gone.url)
    expect(told).not.toContain(KEY)
  })

  it.each([
    [
      'an error of its own',
      (id: unknown) => ({ jsonrpc: '2.0', id, error: { code: -32_001, message: `Invalid key ${KEY}` } }),
    ],
    ['a code that is none', (id: unknown) => ({ jsonrpc: '2.0', id, error: { code: KEY, message: KEY } })],
    ['a result that is text', (id: unknown) => ({ jsonrpc: '2.0', id, result: KEY })],
    ['no JSON', () => `${KEY} is no key`],
    ['an id of its own', () => ({ jsonrpc: '2.0', id: KEY, result: KEY })],
  ])('is told to nobody where the node quotes it in %s', async (_, answer) => {
    const { told } = await withRawRpc(({ id }) => answer(id), allThatIsTold)
    expect(told).not.toContain(KEY)
  })

  it('is not in the warning of a gate without a hook', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const store = memoryStore()
    const { key } = await store.issueApiKey({ accountId: 'robots-inc', wallets: [ALICE] })
    const gate = createGate({ store, balances: solanaBalances({ rpcUrl: withKey('http://127.0.0.1:1') }) })
    const { status } = await ask(
      gate.with({ balance: ACTO }),
      requestWith([bearer(key), walletHeader(ALICE)]),
    )
    expect(status).toBe(503)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(inspect(warn.mock.calls)).toContain('balances could not answer')
    expect(inspect(warn.mock.calls)).not.toContain(KEY)
    warn.mockRestore()
  })

  it.each<[string, unknown]>([
    ['a scheme', { rpcUrl: `ftp://host/${KEY}` }],
    ['a password', { rpcUrl: `https://user:${KEY}@host/` }],
    ['what is no URL', { rpcUrl: KEY }],
    ['one URL of several', { rpcUrls: [`https://host/${KEY}`, `wss://host/${KEY}`] }],
    ['another option', { rpcUrl: `https://host/${KEY}`, commitment: 'recent' }],
    ['two options at once', { rpcUrl: `https://host/${KEY}`, rpcUrls: [`https://host/${KEY}`] }],
  ])('is not in the complaint about %s', (_, options) => {
    let complaint: unknown
    try {
      solanaBalances(options as never)
    } catch (error) {
      complaint = error
    }
    expect(complaint).toBeInstanceOf(GateError)
    expect(inspect(complaint, { depth: 10 })).not.toContain(KEY)
  })
})
