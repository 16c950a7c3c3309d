import { ledgerAvailable } from '@sallyport/ledger'
import { describe } from 'vitest'

/**
 * `describe` for tests that need a local ledger. Where there is none they are skipped, and say so on stderr;
 * on CI under linux-x64, which has a Surfpool build, that is a failure.
 */
export function describeWithLedger(name: string, tests: () => void): void {
  if (ledgerAvailable) {
    describe(name, tests)
    return
  }
  const platform = `${process.platform}-${process.arch}`
  if (process.env.CI === 'true' && platform === 'linux-x64') {
    throw new Error(`${name}: CI must run the ledger tests, but Surfpool's native build is not installed`)
  }
  console.warn(`SKIPPED for want of a local Solana ledger on ${platform}: ${name}`)
  describe.skip(name, tests)
}
