import { setTimeout as delay } from 'node:timers/promises'
import { type Ledger, startLedger } from '@sallyport/ledger'
import { Connection, Keypair, PublicKey } from '@solana/web3.js'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startRpcProxy } from './counting-proxy.js'
import { type amountFaults, type Fault, type FaultRpc, faults, startFaultRpc } from './fault-rpc.js'
import { describeWithLedger } from './with-ledger.js'

const key = () => Keypair.generate().publicKey.toBase58()

/** What `post` saw: the status and the parsed body, or the text where it is no JSON. */
interface Exchange {
  readonly status: number
  readonly body: unknown
}

async function post(url: string, body: unknown, init: RequestInit = {}): Promise<Exchange> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), ...init })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    return { status: response.status, body: text }
  }
}

const call = (method: string, params: readonly unknown[]) => ({ jsonrpc: '2.0', id: 7, method, params })
const parsed = { encoding: 'jsonParsed', commitment: 'confirmed' }
const tokenAccounts = (owner: string, mint: string) =>
  call('getTokenAccountsByOwner', [owner, { mint }, parsed])
const accountInfo = (address: string) => call('getAccountInfo', [address, parsed])

/** The answer with every leaf replaced by the name of its type: what two servers must agree on. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape)
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  const entries = Object.entries(value).map(([name, member]) => [name, shape(member)] as const)
  return Object.fromEntries(entries)
}

describe('the fault RPC', () => {
  const owner = key()
  const mint = key()
  let rpc: FaultRpc

  beforeEach(async () => {
    rpc = await startFaultRpc()
    rpc.setMint(mint, { decimals: 6, supply: 5_000_000n })
    rpc.setAccounts(owner, mint, [{ amount: 1_500_000n }, { amount: 0n, state: 'frozen' }])
    rpc.setSlot(42)
  })
  afterEach(() => rpc.close())

  const read = (init?: RequestInit) => post(rpc.url, tokenAccounts(owner, mint), init)

  test('is read by the web3.js Connection when healthy', async () => {
    const connection = new Connection(rpc.url, 'confirmed')
    const filter = { mint: new PublicKey(mint) }
    const { context, value } = await connection.getParsedTokenAccountsByOwner(new PublicKey(owner), filter)
    expect(context.slot).toBe(42)
    expect(value.map(({ account }) => account.data.parsed.info.tokenAmount)).toEqual([
      { amount: '1500000', decimals: 6, uiAmount: 1.5, uiAmountString: '1.5' },
      { amount: '0', decimals: 6, uiAmount: 0, uiAmountString: '0' },
    ])
    expect(value.map(({ account }) => account.data.parsed.info.state)).toEqual(['initialized', 'frozen'])

    const info = await connection.getParsedAccountInfo(new PublicKey(mint))
    expect(info.value?.data).toMatchObject({ parsed: { info: { decimals: 6, supply: '5000000' } } })
    expect((await connection.getParsedAccountInfo(new PublicKey(owner))).value).toBeNull()
    expect([rpc.calls(), rpc.callsOf('getTokenAccountsByOwner'), rpc.callsOf('getAccountInfo')]).toEqual([
      3, 1, 2,
    ])
    expect(rpc.requests()[0]?.params[1]).toEqual({ mint })
  })

  test('answers as a validator what it cannot answer well', async () => {
    const error = (code: number, message: string) => ({ body: { id: 7, error: { code, message } } })
    const unknown = await post(rpc.url, tokenAccounts(owner, key()))
    expect(unknown).toMatchObject(error(-32602, 'Invalid param: could not find mint'))
    const short = await post(rpc.url, accountInfo('abc'))
    expect(short).toMatchObject(error(-32602, 'Invalid param: WrongSize'))
    expect(await post(rpc.url, call('getSupply', []))).toMatchObject(error(-32601, 'Method not found'))
    const late = call('getAccountInfo', [mint, { ...parsed, minContextSlot: 43 }])
    expect(await post(rpc.url, late)).toMatchObject(
      error(-32016, 'Minimum context slot has not been reached'),
    )
  })

  test('answers a batch in an array and counts each of its calls', async () => {
    const { body } = await post(rpc.url, [tokenAccounts(owner, mint), { ...accountInfo(mint), id: 'b' }])
    expect(body).toMatchObject([{ id: 7 }, { id: 'b' }])
    expect(rpc.calls()).toBe(2)
    rpc.reset()
    expect(rpc.calls()).toBe(0)
  })

  test('tells the lies it was set to tell', async () => {
    const [liar, other] = [key(), key()]
    const pubkey = key()
    rpc.setAccounts(owner, mint, [
      { amount: 1n, owner: liar, mint: other, decimals: 2, pubkey, programId: liar, state: 'uninitialized' },
      { amount: -1n, pubkey, program: 'token-2022', info: { isNative: true } },
    ])
    const info = {
      owner: liar,
      mint: other,
      state: 'uninitialized',
      tokenAmount: { amount: '1', decimals: 2 },
    }
    expect(await read()).toMatchObject({
      body: {
        result: {
          value: [
            { pubkey, account: { owner: liar, data: { program: 'spl-token', parsed: { info } } } },
            {
              pubkey,
              account: { data: { program: 'spl-token-2022', parsed: { info: { isNative: true } } } },
            },
          ],
        },
      },
    })
  })

  /** What a client without any check of its own gets to see of each fault that ends. */
  const seen: Partial<Record<Fault, unknown>> = {
    'http-429': { status: 429, body: { error: { code: 429 } } },
    'http-500': { status: 500 },
    'empty-body': { status: 200, body: '' },
    garbage: { status: 200, body: expect.stringContaining('<html>') },
    redirect: { status: 200, body: { id: 7, result: { context: { slot: 42 } } } },
    'redirect-307': { status: 200, body: { id: 7, result: { context: { slot: 42 } } } },
    'huge-body': { status: 200, body: { id: 7, result: { context: { slot: 42 } } } },
    'wrong-id': { body: { id: 8, result: { context: { slot: 42 } } } },
    'rpc-error': { body: { id: 7, error: { code: -32005 } } },
    'no-result': { body: { id: 7 } },
    'null-value': { body: { id: 7, result: { context: { slot: 42 }, value: null } } },
    'result-string': { body: { id: 7, result: 'ok' } },
    'missing-slot': { body: { id: 7, result: { context: { apiVersion: expect.any(String) } } } },
  }
  const badAmounts: Record<(typeof amountFaults)[number], unknown> = {
    'amount-not-digits': '12abc',
    'amount-number': 12,
    'amount-empty': '',
    'amount-hex': '0x10',
    'amount-overflow': '18446744073709551616',
    'amount-missing': undefined,
    'negative-amount': '-1',
  }
  const broken: readonly Fault[] = ['half-json', 'reset']
  const endless: readonly Fault[] = ['silent', 'slow-body', 'endless-body']

  test.each(faults)('%s, and healthy again after it', async (fault) => {
    rpc.fault = fault
    if (broken.includes(fault)) {
      await expect(read()).rejects.toThrow(/fetch failed|terminated/)
    } else if (endless.includes(fault)) {
      const controller = new AbortController()
      const outcome = read({ signal: controller.signal }).then(
        () => 'answered',
        (error: Error) => error.name,
      )
      await expect.poll(() => rpc.calls()).toBe(1)
      expect(await Promise.race([outcome, delay(50, 'pending')])).toBe('pending')
      controller.abort()
      expect(await outcome).toBe('AbortError')
    } else if (fault in badAmounts) {
      const { body } = await read()
      const { value } = (
        body as { result: { value: { account: { data: { parsed: { info: unknown } } } }[] } }
      ).result
      for (const { account } of value) {
        const { tokenAmount } = account.data.parsed.info as { tokenAmount: { amount: unknown } }
        expect(tokenAmount.amount).toBe(badAmounts[fault as keyof typeof badAmounts])
      }
      expect(value).toHaveLength(2)
    } else {
      expect(seen).toHaveProperty(fault)
      expect(await read()).toMatchObject(seen[fault] as Exchange)
    }
    expect(rpc.calls()).toBe(1)
    expect(rpc.redirectsFollowed()).toBe(fault.startsWith('redirect') ? 1 : 0)

    rpc.fault = 'none'
    expect(await read()).toMatchObject({ status: 200, body: { id: 7, result: { context: { slot: 42 } } } })
  })

  test('no-result and missing-slot really lack the member', async () => {
    rpc.fault = 'no-result'
    expect(Object.keys((await read()).body as object)).toEqual(['jsonrpc', 'id'])
    rpc.fault = 'missing-slot'
    expect(await read()).not.toHaveProperty('body.result.context.slot')
  })

  test('headers of a slow body and megabytes of an endless one do arrive', async () => {
    rpc.fault = 'slow-body'
    const request = { method: 'POST', body: JSON.stringify(tokenAccounts(owner, mint)) }
    const slow = await fetch(rpc.url, { ...request, signal: AbortSignal.timeout(2_000) })
    expect(slow.status).toBe(200)
    await slow.body?.cancel()

    rpc.fault = 'endless-body'
    const endlessly = await fetch(rpc.url, request)
    let bytes = 0
    for await (const chunk of endlessly.body ?? []) {
      bytes += (chunk as Uint8Array).byteLength
      if (bytes > 4_000_000) break
    }
    expect(bytes).toBeGreaterThan(4_000_000)
  })

  test('a fault can be limited to one method', async () => {
    rpc.fault = 'http-500'
    rpc.faultyMethod = 'getAccountInfo'
    expect((await read()).status).toBe(200)
    expect((await post(rpc.url, accountInfo(mint))).status).toBe(500)
  })

  test('close ends the calls it never answered', async () => {
    rpc.fault = 'silent'
    const unanswered = expect(read()).rejects.toThrow('fetch failed')
    await expect.poll(() => rpc.calls()).toBe(1)
    await rpc.close()
    await unanswered
    await expect(read()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })
})

describe('the counting proxy', () => {
  async function proxied() {
    const rpc = await startFaultRpc()
    const proxy = await startRpcProxy(rpc.url)
    onTestFinished(async () => {
      await proxy.close()
      await rpc.close()
    })
    const mint = key()
    rpc.setMint(mint, { decimals: 0 })
    return { rpc, proxy, ask: () => post(proxy.url, accountInfo(mint)), mint }
  }

  test('passes calls and answers through unchanged, and counts', async () => {
    const { rpc, proxy, mint, ask } = await proxied()
    expect(await ask()).toEqual(await post(rpc.url, accountInfo(mint)))
    await post(proxy.url, [accountInfo(mint), tokenAccounts(key(), mint)])
    expect([proxy.calls(), proxy.callsOf('getAccountInfo'), proxy.callsOf('getSlot')]).toEqual([3, 2, 0])
    proxy.reset()
    expect(proxy.calls()).toBe(0)
    rpc.fault = 'http-429'
    expect((await ask()).status).toBe(429)
    expect(proxy.calls()).toBe(1)
  })

  test('refuses connections while stopped, cuts off what is under way, and comes back on its port', async () => {
    const { rpc, proxy, ask } = await proxied()
    rpc.fault = 'silent'
    const cutOff = expect(ask()).rejects.toThrow('fetch failed')
    await expect.poll(() => rpc.calls()).toBe(1)
    await proxy.stop()
    await cutOff
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })

    rpc.fault = 'none'
    await proxy.restart()
    expect((await ask()).status).toBe(200)
    await rpc.close()
    expect((await ask()).status).toBe(502)
    expect(proxy.calls()).toBe(3)
  })
})

describeWithLedger('beside a real ledger', () => {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await startLedger()
    return () => ledger.stop()
  })

  test.each(['spl-token', 'token-2022'] as const)(
    'the fault RPC answers in the same shapes: %s',
    async (program) => {
      const rpc = await startFaultRpc()
      onTestFinished(() => rpc.close())
      const proxy = await startRpcProxy(ledger.rpcUrl)
      onTestFinished(() => proxy.close())

      const mint = await ledger.createMint({ decimals: 9, program })
      const wallet = await ledger.createWallet()
      const pubkey = await ledger.createTokenAccount(wallet, mint)
      await ledger.mintTo(pubkey, mint, 1_234_500_000_000n)
      rpc.setMint(mint, {
        decimals: 9,
        program,
        supply: 1_234_500_000_000n,
        info: { freezeAuthority: key() },
      })
      rpc.setAccounts(wallet.address, mint, [{ amount: 1_234_500_000_000n, pubkey }])

      for (const question of [tokenAccounts(wallet.address, mint), accountInfo(mint), accountInfo(key())]) {
        const [real, ours] = [await post(proxy.url, question), await post(rpc.url, question)]
        expect(shape(ours)).toEqual(shape(real))
      }

      const question = tokenAccounts(wallet.address, mint)
      const [real, ours] = [await post(proxy.url, question), await post(rpc.url, question)]
      // Surfpool says 0 for the rent epoch, a validator 2^64 - 1; the slots and versions are each server's own.
      const sets = [real, ours].map(({ body }) => (body as { result: { value: object[] } }).result.value)
      const untimed = sets.map((accounts) =>
        JSON.parse(JSON.stringify(accounts).replace(/"rentEpoch":\d+/g, '"rentEpoch":0')),
      )
      expect(untimed[1]).toEqual(untimed[0])
      expect(proxy.callsOf('getTokenAccountsByOwner')).toBe(2)
    },
  )
})
