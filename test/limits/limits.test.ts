import { describe } from 'vitest'
import { describeBackend } from './kit.js'
import { limitsContract, sharedLimitsContract } from './limits-contract.js'
import { backends, sharedBackends } from './registry.js'

describe('limits in', () => {
  for (const harness of backends) describeBackend(harness, () => limitsContract(harness))
})

describe('limits of several instances in', () => {
  for (const harness of sharedBackends) describeBackend(harness, () => sharedLimitsContract(harness))
})
