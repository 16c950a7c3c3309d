import { describe, expect, it } from 'vitest'
import { checkBalance } from '../../src/balance-check.js'
import { balance } from '../harness/balances/readings.js'

describe('a balance that was checked', () => {
  it('is a frozen copy of what a balance has, and of nothing else', () => {
    const given = Object.assign(balance(5n, { freshness: 'stale' }), { rpcUrl: 'https://rpc.example/key' })
    const checked = checkBalance(given)
    expect(checked).not.toBe(given)
    expect(checked).toStrictEqual(balance(5n, { freshness: 'stale' }))
    expect(Object.isFrozen(checked)).toBe(true)
    expect(checkBalance(balance(5n))).toStrictEqual(balance(5n))
  })

  it('is not copied again where it is frozen', () => {
    const frozen = Object.freeze(balance(5n))
    expect(checkBalance(frozen)).toBe(frozen)
    const checked = checkBalance(balance(6n))
    expect(checkBalance(checked)).toBe(checked)
  })

  it('is checked also where it is frozen', () => {
    expect(() => checkBalance(Object.freeze(balance(-1n)))).toThrow(TypeError)
  })
})
