import type { Access } from '../access.js'
import type { ApiKeyGrant, CredentialGrant } from '../credentials/issue.js'
import { Refused } from '../decision.js'
import { createGate, type Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { apiKey, prefixOf } from '../methods/api-key.js'
import { sharedSecretJwt } from '../methods/shared-secret-jwt.js'
import { sessionSettingsOf, walletSession } from '../methods/wallet-session.js'
import type { GateOptions } from '../options.js'
import { createSessionIssuer } from '../sign-in/session.js'
import { type MemoryStore, memoryStore } from '../stores/memory.js'
import { inspectGate } from '../wiring.js'
import { type FakeBalances, fakeBalances } from './fake-balances.js'
import { faultyStore, type StoreFaults } from './faulty-store.js'
import { type ManualClock, manualClock } from './manual-clock.js'
import { mintToken } from './mint-token.js'

/** Request headers that carry a credential. */
export type CredentialHeaders = Readonly<Record<string, string>>

/** A gate in memory, and everything around it in a test's hand. */
export interface TestGate {
  readonly gate: Gate<Access<'ownerWallet'>>
  readonly clock: ManualClock
  readonly store: MemoryStore
  /** Makes the store fail. */
  readonly faults: StoreFaults
  readonly balances: FakeBalances
  /** Headers of a new API key; with a wallet where the grant binds one. */
  keyHeaders(grant: ApiKeyGrant): Promise<CredentialHeaders>
  /** Headers of a new JWT of a new shared-secret pair, good for five minutes of the clock. */
  tokenHeaders(grant: CredentialGrant): Promise<CredentialHeaders>
  /** Headers of a session, as if this wallet had signed in now. All three throw where the gate takes no such credential. */
  sessionHeaders(wallet: string): Promise<CredentialHeaders>
}

const ORIGIN = 'https://api.example'
const SECRET = 'a session secret for tests alone, known to all'

/**
 * Makes a gate for a host's own tests: memory, a clock that stands still, a chain that is a table.
 *
 * @param options - Any option of `createGate`, in place of what the test gate would choose.
 * @example
 * const { gate, keyHeaders, balances } = createTestGate()
 * const app = createApp(gate)
 * balances.set(wallet, ACTO_MINT, 60_000n * 10n ** 9n)
 * const answer = await fetch(url, { headers: await keyHeaders({ accountId: 'a', wallets: [wallet] }) })
 */
export function createTestGate(
  options: Omit<GateOptions, 'store' | 'findCredential' | 'clock' | 'balances'> = {},
): TestGate {
  const clock = manualClock()
  const { store, faults } = faultyStore(memoryStore({ clock }))
  const balances = fakeBalances()
  const methods = [apiKey(), sharedSecretJwt(), walletSession({ origin: ORIGIN, secrets: [SECRET] })]
  const gate = createGate({ methods, ...options, store, clock, balances })
  const { config, credentials } = inspectGate(gate).wiring
  const ownPrefix = config.methods.opaque.map(prefixOf).find((prefix) => prefix !== undefined)
  const session = config.methods.jwt.map(sessionSettingsOf).find((settings) => settings !== undefined)

  return {
    gate,
    clock,
    store,
    faults,
    balances,
    async keyHeaders(grant) {
      const prefix = ownPrefix ?? missing('keyHeaders', 'apiKey()')
      const { key } = await store.issueApiKey({ prefix, ...grant })
      const [wallet] = grant.wallets ?? []
      return { authorization: `Bearer ${key}`, ...(wallet !== undefined && { 'x-wallet-address': wallet }) }
    },
    async tokenHeaders(grant) {
      if (!config.methodNames.includes('sharedSecretJwt')) missing('tokenHeaders', 'sharedSecretJwt()')
      const token = await mintToken(await store.issueSharedSecret(grant), { nowMs: clock.wallMs() })
      return { authorization: `Bearer ${token}` }
    },
    async sessionHeaders(wallet) {
      const {
        origin,
        secrets,
        sessionTtlSeconds: ttlSeconds,
      } = session ?? missing('sessionHeaders', 'walletSession()')
      const endedThroughMs = await credentials.endedThrough(wallet)
      if (endedThroughMs instanceof Refused) throw new Error('the store is down: nobody can sign in')
      const issueSession = createSessionIssuer({ origin, secrets, ttlSeconds })
      return { authorization: `Bearer ${await issueSession(wallet, clock.wallMs(), endedThroughMs)}` }
    },
  }
}

function missing(helper: string, method: string): never {
  throw new GateError('ERR_GATE_OPTIONS', [`${helper} needs a gate with ${method} among its methods`])
}
