import { describe, it } from 'vitest'
import { spendStoreContract } from '../../src/testing/spend-store-contract.js'
import { stores } from '../registry.js'
import { describeWithServer } from '../support/servers.js'
import { openSpendStore } from './store-harness.js'

for (const harness of Object.values(stores).flat()) {
  const suites = () => {
    for (const { name, run } of spendStoreContract((clock) => openSpendStore(harness, clock))) it(name, run)
  }
  const title = `what spending keeps in the store ${harness.name}`
  if (harness.server === undefined) describe(title, suites)
  else describeWithServer(title, harness.server, suites)
}
