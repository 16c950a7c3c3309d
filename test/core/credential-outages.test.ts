import { apiKey, type Credential, createGate } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { codeOf, refusalOf } from '../support/decisions.js'
import { never, thenable } from '../support/failures.js'
import { API_KEY, tableStore } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { ACTIVE, asyncKit } from './async-store-kit.js'

describe('a store that hangs', () => {
  it('is an outage within the time a port has, and its signal is aborted', async () => {
    const signals: AbortSignal[] = []
    const gate = createGate({
      methods: [apiKey()],
      portTimeoutMs: 30,
      onDecision: () => undefined,
      findCredential: (_lookup, { signal }) => {
        signals.push(signal)
        return never()
      },
    })
    const startedMs = performance.now()
    const refusals = await Promise.all(
      Array.from({ length: 20 }, () => refusalOf(gate, requestWith([bearer(API_KEY)]))),
    )
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['dependency_unavailable']))
    expect(signals).toHaveLength(1)
    expect(signals[0]?.aborted).toBe(true)
  })

  it('is asked again by the next request, and believed when it is back', async () => {
    let answer: () => Promise<Credential | undefined> = never
    const gate = createGate({
      methods: [apiKey()],
      portTimeoutMs: 20,
      onDecision: () => undefined,
      findCredential: () => answer(),
    })
    const code = () => codeOf(gate, requestWith([bearer(API_KEY)]))
    expect(await code()).toBe('dependency_unavailable')
    answer = () => Promise.reject(new Error('still down'))
    expect(await code()).toBe('dependency_unavailable')
    answer = async () => ACTIVE
    expect(await code()).toBe('allowed')
  })

  it('takes back what was kept: an outage is not answered from an old reading', async () => {
    const kit = asyncKit({ portTimeoutMs: 20 })
    expect(await kit.code()).toBe('allowed')
    kit.clock.advance(2_000)
    kit.hold()
    expect(await kit.code()).toBe('dependency_unavailable')
    kit.release()
  })

  it('may answer too late without a word: nothing is rejected behind the gate', async () => {
    let fail: ((error: Error) => void) | undefined
    const gate = createGate({
      methods: [apiKey()],
      portTimeoutMs: 10,
      onDecision: () => undefined,
      findCredential: () =>
        new Promise((_resolve, reject) => {
          fail = reject
        }),
    })
    expect(await codeOf(gate, requestWith([bearer(API_KEY)]))).toBe('dependency_unavailable')
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    fail?.(new Error('late'))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })
})

describe('a store whose answer is no promise', () => {
  it('is asked for every request, so that a revocation holds at once', async () => {
    const store = memoryStore()
    const gate = createGate({ store })
    const { key, credentialId } = await store.issueApiKey({ accountId: 'a' })
    const code = () => codeOf(gate, requestWith([bearer(key)]))
    expect(await code()).toBe('allowed')
    await store.revoke({ credential: credentialId })
    expect(await code()).toBe('credential_invalid')
  })

  it('may answer with something that is only almost a promise', async () => {
    const store = tableStore()
    const gate = createGate({ store, onDecision: () => undefined })
    const code = () => codeOf(gate, requestWith([bearer(API_KEY)]))
    store.fault = () => thenable((resolve) => resolve(ACTIVE))
    expect(await code()).toBe('allowed')
    store.fault = () => thenable((_resolve, reject) => reject(new Error('down')))
    expect(
      await codeOf(createGate({ store, onDecision: () => undefined }), requestWith([bearer(API_KEY)])),
    ).toBe('dependency_unavailable')
  })
})
