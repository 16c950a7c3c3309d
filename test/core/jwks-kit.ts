import { createGate, type JwksOptions, jwks, sharedSecretJwt } from 'sallyport'
import { afterAll } from 'vitest'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { makeSigningKey, startKeyServer } from '../support/key-server.js'
import { tableStore } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'

export const ISSUER = 'https://id.example/'
export const AUDIENCE = 'https://shop.example'
const clock = manualClock()
export const now = clock.wallMs() / 1000
export const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: now, exp: now + 600 }

/** An identity provider with three keys, and a stranger who names one of them. */
export const server = await startKeyServer()
export const [rsa, ec, ed, stranger] = await Promise.all([
  makeSigningKey('RS256', 'rsa-1'),
  makeSigningKey('ES256', 'ec-1'),
  makeSigningKey('EdDSA', 'ed-1'),
  makeSigningKey('ES256', 'ec-1'),
])
server.keys.push(rsa.jwk, ec.jwk, ed.jwk)
afterAll(server.close)

/** A gate that has not fetched the keys yet. */
export function jwksKit(options: Partial<JwksOptions> = {}) {
  const method = jwks({ issuer: ISSUER, audience: AUDIENCE, jwksUri: server.uri, ...options })
  const store = tableStore()
  const gate = createGate({ store, clock, methods: [method, sharedSecretJwt()], onDecision: () => undefined })
  const request = (token: string) => requestWith([bearer(token)])
  return { store, gate, request, code: (token: string) => codeOf(gate, request(token)) }
}
