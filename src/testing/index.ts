/**
 * For hosts' own tests: a gate in memory with a clock and a chain in the test's hand, credentials made on the spot,
 * faults, and the contract suites that custom stores and balance sources must pass.
 *
 * @packageDocumentation
 */
export {
  type BalanceContractOptions,
  type BalanceFault,
  type BalanceFixture,
  balanceContract,
} from './balance-contract.js'
export type { ContractCase } from './contract-case.js'
export { type FakeBalances, fakeBalances } from './fake-balances.js'
export { faultyStore, type StoreFaults } from './faulty-store.js'
export { type ManualClock, manualClock, START_MS } from './manual-clock.js'
export { mintSession, mintToken, type SessionTokenOptions, type TokenOptions } from './mint-token.js'
export { type SpendStoreFixture, spendStoreContract } from './spend-store-contract.js'
export { type StoreFixture, storeContract } from './store-contract.js'
export { type CredentialHeaders, createTestGate, type TestGate } from './test-gate.js'
export { type TestWallet, testWallet } from './test-wallet.js'
