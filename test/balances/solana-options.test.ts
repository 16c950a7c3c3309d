import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { GateError } from 'sallyport'
import { type SolanaBalancesOptions, solanaBalances } from 'sallyport/balances/solana'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ENOUGH, readFrom, startTokenRpc } from '../harness/balances/fault-kit.js'

const URL = 'http://127.0.0.1:8899'

describe('the options of solanaBalances', () => {
  it.each<[problem: string, options: unknown]>([
    ['must be given options', undefined],
    ['must be given options', null],
    ['must be given options', URL],
    ['needs either rpcUrl or rpcUrls', {}],
    ['needs either rpcUrl or rpcUrls', { rpcUrl: undefined }],
    ['needs either rpcUrl or rpcUrls', { rpcUrl: URL, rpcUrls: [URL] }],
    ['solanaBalances.rpcUrl must', { rpcUrl: '' }],
    ['solanaBalances.rpcUrl must', { rpcUrl: '127.0.0.1:8899' }],
    ['solanaBalances.rpcUrl must', { rpcUrl: 'ws://127.0.0.1:8900' }],
    ['solanaBalances.rpcUrl must', { rpcUrl: 'file:///etc/passwd' }],
    ['solanaBalances.rpcUrl must', { rpcUrl: 'https://user:password@rpc.example' }],
    ['solanaBalances.rpcUrl must', { rpcUrl: 'https://user@rpc.example' }],
    ['solanaBalances.rpcUrl must', { rpcUrl: null }],
    ['solanaBalances.rpcUrl must', { rpcUrl: 8899 }],
    ['solanaBalances.rpcUrls must', { rpcUrls: [] }],
    ['solanaBalances.rpcUrls must', { rpcUrls: URL }],
    ['solanaBalances.rpcUrls must', { rpcUrls: [URL, undefined] }],
    ['solanaBalances.rpcUrls must', { rpcUrls: [URL, 'nowhere'] }],
    ['solanaBalances.commitment must', { rpcUrl: URL, commitment: 'max' }],
    ['solanaBalances.commitment must', { rpcUrl: URL, commitment: '' }],
    ['solanaBalances.timeoutMs must', { rpcUrl: URL, timeoutMs: 0 }],
    ['solanaBalances.timeoutMs must', { rpcUrl: URL, timeoutMs: -1 }],
    ['solanaBalances.timeoutMs must', { rpcUrl: URL, timeoutMs: Number.NaN }],
    ['solanaBalances.timeoutMs must', { rpcUrl: URL, timeoutMs: 2 ** 31 }],
    ['solanaBalances.timeoutMs must', { rpcUrl: URL, timeoutMs: '1800' }],
    ['solanaBalances.rpcURL is not an option', { rpcUrl: URL, rpcURL: URL }],
  ])('are refused: %s', (problem, options) => {
    const make = () => solanaBalances(options as SolanaBalancesOptions)
    expect(make).toThrow(GateError)
    expect(make).toThrow(problem)
  })

  it('are complained about all at once', () => {
    try {
      solanaBalances({ commitment: 'max', timeoutMs: 0, url: URL } as never)
      expect.unreachable()
    } catch (error) {
      expect((error as GateError).problems).toHaveLength(4)
    }
  })

  it('take a URL however its scheme is spelt', async () => {
    const rpc = await startTokenRpc()
    expect(await readFrom(solanaBalances({ rpcUrl: rpc.url.replace('http', 'HTTP') }))).toBe(ENOUGH)
    await rpc.close()
  })
})

describe('the Solana library', () => {
  const root = fileURLToPath(new globalThis.URL('../..', import.meta.url))

  it('is loaded at the first reading and not before', () => {
    expect(existsSync(`${root}/dist/js/balances/solana.js`), 'run `npm run build` first').toBe(true)
    // The library brings CommonJS packages along, which the module cache of require() names.
    const code = `
      import { createRequire } from 'node:module'
      import { solanaBalances } from 'sallyport/balances/solana'
      import { createGate } from 'sallyport'
      import { memoryStore } from 'sallyport/stores/memory'
      const { cache } = createRequire(import.meta.url)
      const loaded = () => Object.keys(cache).some((path) => /node_modules.(?:@solana|bn\\.js|jayson)/.test(path))
      const balances = solanaBalances({ rpcUrl: 'http://127.0.0.1:1' })
      const gate = createGate({ store: memoryStore(), balances })
      const before = loaded()
      await balances.readMint('So11111111111111111111111111111111111111112', { signal: AbortSignal.timeout(5000) }).catch(() => {})
      console.log(JSON.stringify({ before, after: loaded() }))`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).toEqual({ before: false, after: true })
  })

  describe('that could not be loaded', () => {
    afterEach(() => vi.doUnmock('@solana/web3.js'))

    it('is an outage, and the next reading tries again', async () => {
      const rpc = await startTokenRpc()
      let broken = true
      vi.doMock('@solana/web3.js', async (original) => {
        if (broken) throw new Error('too many open files')
        return original()
      })
      const source = solanaBalances({ rpcUrl: rpc.url, timeoutMs: 10_000 })
      expect(await readFrom(source)).toBe('rejected')
      expect(rpc.calls()).toBe(0)
      broken = false
      expect(await readFrom(source)).toBe(ENOUGH)
      await rpc.close()
    })
  })
})
