import { describe, expect, it } from 'vitest'
import { balanceSources } from '../registry.js'
import { balanceContract } from './balance-contract.js'

for (const [name, harness] of Object.entries(balanceSources)) balanceContract(name, harness)

describe('the harnesses of balance sources', () => {
  it.each(Object.entries(balanceSources))('break %s in several ways', (_, { faults }) => {
    expect(faults.length).toBeGreaterThanOrEqual(4)
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
  })
})
