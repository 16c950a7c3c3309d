import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import {
  apiKey,
  type CredentialGrant,
  createGate,
  type DecisionEvent,
  type GateOptions,
  jwks,
  type Store,
  sharedSecretJwt,
  walletSession,
} from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { onTestFinished } from 'vitest'
import { ALICE, BOB, CAROL, MINT } from '../../support/addresses.js'
import { tableBalances } from '../../support/balances.js'
import { bearer, walletHeader } from '../../support/requests.js'
import type { AdapterHarness, AppDescription, RunningApp } from '../adapter-contract.js'

export const SESSION_SECRET = 'session-secret-of-the-contract-suite'
export const SESSION_ORIGIN = 'https://api.example'
/** An identity provider whose keys cannot be fetched. */
export const ISSUER = 'https://id.example'
/** An account whose store record cannot be read, and what the store says then. */
export const UNREADABLE = 'unreadable'
export const SECRET_CAUSE = 'redis://operator:hunter2@10.0.0.7'

const WHOLE = 10n ** 9n

export type Headers = readonly (readonly [name: string, value: string])[]

/** A gate with callers of every kind, and what it was asked on the way. */
export async function createWorld(options: Partial<GateOptions> = {}) {
  const store = memoryStore()
  const balances = tableBalances()
  balances.set(ALICE, MINT, 60_000n * WHOLE)
  balances.set(BOB, MINT, 25_000n * WHOLE)
  const events: DecisionEvent[] = []
  const counts = { lookups: 0 }
  const counted: Store = {
    ...store,
    async findCredential(lookup, callOptions) {
      counts.lookups++
      const found = await store.findCredential(lookup, callOptions)
      if (found?.accountId === UNREADABLE) throw new Error(`${SECRET_CAUSE} timed out`)
      return found?.accountId === 'disabled' ? { ...found, status: 'disabled' } : found
    },
  }
  const gate = createGate({
    store: counted,
    methods: [
      apiKey({ prefix: 'acto' }),
      sharedSecretJwt({ replay: 'jti' }),
      walletSession({ origin: SESSION_ORIGIN, secrets: [SESSION_SECRET] }),
      jwks({ issuer: ISSUER, audience: SESSION_ORIGIN, jwksUri: 'http://127.0.0.1:1/keys.json' }),
    ],
    balances,
    balanceCache: false,
    environment: 'production',
    portTimeoutMs: 100,
    policyTimeoutMs: 20,
    revocationBoundMs: 0,
    onDecision: (event) => events.push(event),
    ...options,
  })
  const members = gate.with({ balance: { mint: MINT, minimum: '50000', symbol: 'ACTO' } })

  const issueKey = async (grant: Partial<CredentialGrant>) =>
    store.issueApiKey({ prefix: 'acto', accountId: 'robots', ...grant })
  const issuePair = (grant: Partial<CredentialGrant>) =>
    store.issueSharedSecret({ accountId: 'agents', ...grant })
  const keyOf = async (wallet: string): Promise<Headers> => {
    const { key } = await issueKey({ wallets: [wallet], scopes: ['proofs:read'] })
    return [bearer(key), walletHeader(wallet)]
  }

  return {
    store,
    balances,
    events,
    counts,
    gate,
    members,
    issueKey,
    issuePair,
    /** Holds 60000. */
    alice: await keyOf(ALICE),
    /** Holds 25000. */
    bob: await keyOf(BOB),
    /** Holds nothing. */
    carol: await keyOf(CAROL),
    walletless: [bearer((await issueKey({})).key)] as Headers,
    pair: await issuePair({ wallets: [ALICE], role: 'processor', scopes: ['proofs:read'] }),
  }
}

export type World = Awaited<ReturnType<typeof createWorld>>

export const nowSeconds = () => Math.floor(Date.now() / 1000)

/** A JWT that a caller mints for itself; `undefined` leaves a claim out. */
export function mint(
  pair: { readonly keyId: string; readonly sharedSecret: string },
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const iat = nowSeconds()
  const payload: Record<string, unknown> = {
    key_id: pair.keyId,
    iat,
    exp: iat + 300,
    jti: randomUUID(),
    ...claims,
  }
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(pair.sharedSecret))
}

/** A wallet session as the gate would issue it, signed with `secret`. */
export function session(secret = SESSION_SECRET): Promise<string> {
  const iat = nowSeconds()
  return new SignJWT({ iat, exp: iat + 60, iss: SESSION_ORIGIN, aud: SESSION_ORIGIN, sub: ALICE, jti: 'a' })
    .setProtectedHeader({ alg: 'HS256', typ: 'sallyport-session+jwt' })
    .sign(new TextEncoder().encode(secret))
}

/** Starts an app that ends with the test. */
export async function start(harness: AdapterHarness, description: AppDescription): Promise<RunningApp> {
  const app = await harness.start(description)
  onTestFinished(() => app.close())
  return app
}
