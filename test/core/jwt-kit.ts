import {
  createGate,
  type DecisionEvent,
  type GateOptions,
  type SharedSecretJwtOptions,
  sharedSecretJwt,
} from 'sallyport'
import { expect } from 'vitest'
import { type ManualClock, manualClock } from '../support/clock.js'
import { codeOf, refusalOf, wireText } from '../support/decisions.js'
import { KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint, type Part } from '../support/tokens.js'

/** A real gate that takes shared-secret JWTs, its one credential, and a clock that stands still. */
export function jwtKit(
  method: SharedSecretJwtOptions = {},
  { clock = manualClock(), ...options }: Partial<GateOptions> & { readonly clock?: ManualClock } = {},
) {
  const store = tableStore(sharedSecretRecord())
  const events: DecisionEvent[] = []
  const onDecision = (event: DecisionEvent) => void events.push(event)
  const gate = createGate({ store, clock, onDecision, methods: [sharedSecretJwt(method)], ...options })
  const now = Math.floor(clock.wallMs() / 1000)
  /** What a well-behaved caller claims. */
  const claims = { key_id: KEY_ID, iat: now, exp: now + 3600 }
  const request = (token: string) => requestWith([bearer(token)])
  return {
    clock,
    store,
    events,
    gate,
    now,
    claims,
    request,
    code: (token: string) => codeOf(gate, request(token)),
    /** The code for well-behaved claims with changes; a change to `undefined` leaves the claim out. */
    codeWith: (changes: object, header?: Part) =>
      codeOf(gate, request(mint({ ...claims, ...changes }, SECRET, header))),
    /** The code for a payload that is written out, for what `JSON.stringify` would not write. */
    codeOfText: (payload: string) => codeOf(gate, request(mint(payload, SECRET))),
    async expectInvalid(token: string) {
      const refusal = await refusalOf(gate, request(token))
      expect(refusal.code).toBe('credential_invalid')
      expect(wireText(refusal)).toBe(THE_ONE_ANSWER)
    },
  }
}

export type JwtKit = ReturnType<typeof jwtKit>

/** Whatever is wrong with a token, the answer is this one, so that it tells nothing. */
const THE_ONE_ANSWER = JSON.stringify({
  status: 401,
  headers: {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'WWW-Authenticate': 'Bearer realm="api", error="invalid_token"',
  },
  body: JSON.stringify({
    type: 'urn:sallyport:problem:credential_invalid',
    title: 'Credential invalid',
    status: 401,
    detail: 'Invalid token',
    code: 'credential_invalid',
    decision_id: '<decision_id>',
    retryable: false,
  }),
})
