import { describe } from 'vitest'
import { issuingTests } from './manager-issuing.js'
import { withStoreOf } from './manager-kit.js'
import { listingTests } from './manager-listing.js'
import { revokingTests } from './manager-revoking.js'
import { rotatingTests } from './manager-rotating.js'
import type { StoreHarness } from './store-harness.js'

/** The life of credentials in one of our stores. */
export function managerContract(harness: StoreHarness): void {
  const withStore = withStoreOf(harness)
  describe('issues', () => issuingTests(withStore))
  describe('revokes', () => revokingTests(withStore))
  describe('rotates', () => rotatingTests(withStore))
  describe('describes', () => listingTests(withStore))
}
