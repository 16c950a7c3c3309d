import { describe, expect, it } from 'vitest'
import { codeOf } from '../support/decisions.js'
import { never } from '../support/failures.js'
import { policyGate, request } from './policy-kit.js'

describe('the signal of a policy', () => {
  it('is aborted at the deadline', async () => {
    let seen: AbortSignal | undefined
    const gate = policyGate(
      [
        (_input, { signal }) => {
          seen = signal
          return never()
        },
      ],
      { policyTimeoutMs: 20 },
    )
    expect(await codeOf(gate, request())).toBe('policy_unavailable')
    expect(seen?.aborted).toBe(true)
    expect(String(seen?.reason)).toContain('20 ms')
  })

  it('is already aborted for who looks at it too late', async () => {
    let options: { readonly signal: AbortSignal } | undefined
    const gate = policyGate(
      [
        (_input, given) => {
          options = given
          return never()
        },
      ],
      { policyTimeoutMs: 20 },
    )
    await codeOf(gate, request())
    expect(options?.signal.aborted).toBe(true)
  })

  it('is not aborted where the policy answers in time', async () => {
    const signals: AbortSignal[] = []
    const gate = policyGate([async (_input, { signal }) => signals.push(signal) > 0], { policyTimeoutMs: 20 })
    expect(await codeOf(gate, request())).toBe('allowed')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  it('is made only when it is read, and once', async () => {
    const Original = globalThis.AbortController
    let made = 0
    globalThis.AbortController = class extends Original {
      constructor() {
        super()
        made++
      }
    }
    try {
      await codeOf(policyGate([() => true, async () => true]), request())
      expect(made).toBe(0)
      const same: boolean[] = []
      await codeOf(
        policyGate([
          (_input, options) => {
            const { signal } = options
            return same.push(options.signal === signal) > 0
          },
        ]),
        request(),
      )
      expect(same).toEqual([true])
      expect(made).toBe(1)
    } finally {
      globalThis.AbortController = Original
    }
  })
})
