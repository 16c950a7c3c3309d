import { apiKey, createGate, type GateError, type GateOptions } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT, OTHER_MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { never, throwing } from '../support/failures.js'
import { API_KEY, apiKeyRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'

const ACTO = { mint: MINT, minimum: '50000', symbol: 'ACTO' } as const
const request = () => requestWith([bearer(API_KEY), walletHeader(ALICE)])

function readyKit(options: Partial<GateOptions> = {}) {
  const store = tableStore(apiKeyRecord())
  const balances = tableBalances()
  const unknown = new Set<string>()
  const base = {
    ...balances,
    readMint: async (mint: string) => {
      if (unknown.has(mint)) throw new Error('the mint does not exist')
      return { decimals: 9 }
    },
  }
  const gate = createGate({
    store,
    balances: base,
    methods: [apiKey()],
    portTimeoutMs: 30,
    onDecision: () => undefined,
    ...options,
  })
  return { store, unknown, gate }
}

async function problemsOf(gate: { ready(): Promise<void> }): Promise<readonly string[]> {
  const error: GateError = await gate.ready().then(throwing(new Error('it was ready')), (reason) => reason)
  expect(error).toMatchObject({ name: 'GateError', code: 'ERR_GATE_NOT_READY' })
  return error.problems
}

describe('a gate that is asked whether it is ready', () => {
  it('is, where all it rests on answers', async () => {
    const { gate } = readyKit({ mints: [{ mint: OTHER_MINT, symbol: 'USDT' }] })
    gate.with({ balance: ACTO })
    await expect(gate.ready()).resolves.toBeUndefined()
    await expect(createGate({ store: tableStore() }).ready()).resolves.toBeUndefined()
    await expect(createGate({ findCredential: async () => undefined }).ready()).resolves.toBeUndefined()
  })

  it.each([
    ['throws', throwing(), 'store: down'],
    ['rejects', () => Promise.reject(new Error('down')), 'store: down'],
    ['hangs', never, 'store: no answer within 30 ms'],
  ])('is not, where its store %s', async (_how, fault, problem) => {
    const { gate, store } = readyKit()
    store.fault = fault
    expect(await problemsOf(gate)).toEqual([problem])
    store.fault = undefined
    await expect(gate.ready()).resolves.toBeUndefined()
  })

  it('is not, where a mint that a gate of it requires does not exist', async () => {
    const { gate, unknown } = readyKit()
    unknown.add(MINT)
    await expect(gate.ready()).resolves.toBeUndefined()
    const child = gate.with({ scopes: ['a'] }).with({ balance: ACTO })
    for (const each of [gate, child]) {
      expect(await problemsOf(each)).toEqual([`balances: mint ${MINT}: the mint does not exist`])
    }
  })

  it('is not, where a mint that callers may ask about does not exist', async () => {
    const { gate, unknown } = readyKit({ mints: [{ mint: OTHER_MINT, symbol: 'USDT' }] })
    unknown.add(OTHER_MINT)
    expect(await problemsOf(gate)).toEqual([`balances: mint ${OTHER_MINT}: the mint does not exist`])
  })

  it('is not, where a minimum is finer than the mint', async () => {
    const { gate } = readyKit()
    gate.with({ balance: { ...ACTO, minimum: '0.0000000001' } })
    gate.with({ balance: { ...ACTO, minimum: '0.0000000010' } })
    expect(await problemsOf(gate)).toEqual([
      'balance.minimum 0.0000000001 ACTO has more decimals than its mint, which has 9',
    ])
  })

  it('tells all that is wrong at once', async () => {
    const { gate, store, unknown } = readyKit({ mints: [{ mint: OTHER_MINT, symbol: 'USDT' }] })
    gate.with({ balance: ACTO })
    store.fault = throwing(new Error('cannot reach redis://u:hunter2@db'))
    unknown.add(MINT).add(OTHER_MINT)
    expect(new Set(await problemsOf(gate))).toEqual(
      new Set([
        'store: cannot reach [url]',
        `balances: mint ${MINT}: the mint does not exist`,
        `balances: mint ${OTHER_MINT}: the mint does not exist`,
      ]),
    )
  })
})

describe('a gate that is closed', () => {
  it('refuses every request from then on, and so does every gate made from it', async () => {
    const { gate, store } = readyKit()
    const child = gate.with({ scopes: [] })
    const before = request()
    expect(await codeOf(gate, before)).toBe('allowed')
    const lookups = store.lookups.length
    await gate.close()
    for (const each of [gate, child, gate.optional, gate.with({}), child.optional]) {
      expect(wireOf(await refusalOf(each, request()))).toMatchObject({
        status: 503,
        headers: { 'Retry-After': '2' },
        body: { code: 'dependency_unavailable' },
      })
      expect(await codeOf(each, requestWith())).toBe('dependency_unavailable')
    }
    expect(await codeOf(gate, before)).toBe('dependency_unavailable')
    expect(store.lookups).toHaveLength(lookups)
  })

  it('may be closed by a gate made from it, and twice', async () => {
    const { gate } = readyKit()
    await gate.with({ scopes: [] }).close()
    await gate.close()
    expect(await codeOf(gate, request())).toBe('dependency_unavailable')
  })
})
