import { describe, it } from 'vitest'
import { storeContract } from '../../src/testing/store-contract.js'
import { stores } from '../registry.js'
import { describeWithServer } from '../support/servers.js'
import { managerContract } from './manager-contract.js'

for (const harness of Object.values(stores).flat()) {
  const suites = () => {
    for (const { name, run } of storeContract(harness.open)) it(name, run)
    managerContract(harness)
  }
  const title = `the store ${harness.name}`
  if (harness.server === undefined) describe(title, suites)
  else describeWithServer(title, harness.server, suites)
}
