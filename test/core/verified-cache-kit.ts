import {
  apiKey,
  createGate,
  type Gate,
  type GateOptions,
  jwks,
  type Store,
  sharedSecretJwt,
  walletSession,
} from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { expect, vi } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { settled, slowStore } from './change-feed-kit.js'
import { AUDIENCE, CLAIMS, ec, ISSUER, server } from './jwks-kit.js'

export const KINDS = ['apiKey', 'sharedSecretJwt', 'walletSession', 'jwks'] as const
export const STORED = ['apiKey', 'sharedSecretJwt'] as const
export const SOURCES = ['a store at once', 'a store that is waited for', 'a finder alone'] as const

export type Kind = (typeof KINDS)[number]
export type Source = (typeof SOURCES)[number]

/** Every kind from every source. */
export const EVERYWHERE: readonly (readonly [Kind, Source])[] = KINDS.flatMap((kind) =>
  SOURCES.map((source) => [kind, source] as const),
)

export const BOUND_MS = 2_000
const ORIGIN = 'https://shop.example'
const SESSION_SECRET = 'the-secret-that-sessions-are-signed-with'
const SESSION = { alg: 'HS256', typ: 'sallyport-session+jwt' } as const

/** One method of every kind. */
export const everyMethod = (): NonNullable<GateOptions['methods']> => [
  apiKey(),
  sharedSecretJwt(),
  walletSession({ origin: ORIGIN, secrets: [SESSION_SECRET], sessionTtlSeconds: 86_400 }),
  jwks({ issuer: ISSUER, audience: AUDIENCE, jwksUri: server.uri }),
]

/** A session as the gate would give it. */
export const sessionOf = (claims: object) =>
  mint({ iss: ORIGIN, aud: ORIGIN, ...claims }, SESSION_SECRET, SESSION)

/** How often a signature has been checked since. Undone by `vi.restoreAllMocks`. */
export function countChecks(): () => number {
  const checks = vi.spyOn(crypto.subtle, 'verify')
  return () => checks.mock.calls.length
}

/** A gate of every kind of credential, and what happens to its store behind its back. */
export function verifiedKit(source: Source = 'a store at once', options: Partial<GateOptions> = {}) {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const slow = slowStore(inner)
  let reads = 0
  const atOnce: Store = {
    ...inner,
    findCredential(lookup, call) {
      reads++
      return inner.findCredential(lookup, call)
    },
  }
  const found = {
    'a store at once': { store: atOnce },
    'a store that is waited for': { store: slow.store },
    'a finder alone': {
      findCredential: async (...asked: Parameters<Store['findCredential']>) =>
        atOnce.findCredential(...asked),
    },
  }[source]
  const common = { clock, revocationBoundMs: BOUND_MS, usage: false, onDecision: () => undefined } as const
  const makeGate = (changes: Partial<GateOptions> = {}): Gate =>
    createGate({ ...common, ...found, methods: everyMethod(), ...options, ...changes })
  const gate = makeGate()
  const requestOf = (token: string) => requestWith([bearer(token)])
  const code = (token: string, through: Gate = gate) => codeOf(through, requestOf(token))
  const now = clock.wallMs() / 1_000
  const times = { iat: now, exp: now + 600 }
  return {
    ...slow,
    clock,
    inner,
    gate,
    makeGate,
    requestOf,
    code,
    now,
    times,
    reads: () => reads + slow.calls('findCredential'),
    /** Whether it is decided without a promise, and how. */
    atOnce: (token: string, through: Gate = gate) => {
      const decision = through(requestOf(token))
      if (decision instanceof Promise) return 'to be waited for'
      return decision.type === 'allow' ? 'allowed' : decision.code
    },
    /** Until all that was issued has been heard of, and everything that can be known is known. */
    warmUp: async (token: string, through: Gate = gate) => {
      for (let asked = 0; asked < 3; asked++) {
        expect(await code(token, through)).toBe('allowed')
        await settled()
      }
    },
    /** A credential of this kind, and a token that proves it. */
    issue: async (kind: Kind, claims: object = {}): Promise<{ token: string; credentialId: string }> => {
      if (kind === 'apiKey') {
        const { key, credentialId } = await inner.issueApiKey({ accountId: 'robots' })
        return { token: key, credentialId }
      }
      if (kind === 'sharedSecretJwt') {
        const { keyId, sharedSecret, credentialId } = await inner.issueSharedSecret({ accountId: 'robots' })
        return { token: mint({ key_id: keyId, ...times, ...claims }, sharedSecret), credentialId }
      }
      const jti = 'the-token'
      if (kind === 'jwks')
        return { token: await ec.sign({ ...CLAIMS, ...times, jti, ...claims }), credentialId: jti }
      return { token: sessionOf({ sub: ALICE, jti, ...times, ...claims }), credentialId: jti }
    },
    endSession: (id: string) => {
      const end = { kind: 'session', id, atMs: clock.wallMs(), untilMs: clock.wallMs() + 86_400_000 } as const
      return inner.revokeCredentials(end, { signal: AbortSignal.timeout(1_000) })
    },
  }
}

export type VerifiedKit = ReturnType<typeof verifiedKit>
