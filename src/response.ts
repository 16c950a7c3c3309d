import type { Refusal } from './decision.js'
import { RENDERINGS, type Rendering } from './renderings.js'

/** A whole answer, for an adapter to write as it is. */
export interface GateResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How long a caller is asked to wait where something cannot be known, in whole seconds. */
const RETRY_AFTER_SECONDS = 2

/**
 * Renders a refusal: RFC 9457 problem details, with a `WWW-Authenticate` challenge (RFC 6750 §3) and `Retry-After`
 * where they belong. Pure.
 */
export function toResponse(refusal: Refusal): GateResponse {
  // A row takes the context of its own code, which is the one it is picked by.
  const rendering = RENDERINGS[refusal.code] as unknown as Rendering<Refusal>
  const code = wireCodeOf(refusal)
  const { status, title, detail } = rendering
  const retryable = isRetryable(rendering, refusal)
  const body = JSON.stringify({
    type: `urn:sallyport:problem:${refusal.code}`,
    title,
    status,
    detail: typeof detail === 'string' ? detail : detail(refusal),
    code,
    decision_id: refusal.decisionId,
    retryable,
    ...rendering.members?.(refusal),
  })
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  }
  if (rendering.challenge !== undefined)
    headers['WWW-Authenticate'] = challengeOf(refusal, rendering.challenge)
  if (retryable) headers['Retry-After'] = String(retryAfterSecondsOf(refusal))
  return { status, headers, body }
}

function isRetryable({ retryable }: Rendering<Refusal>, refusal: Refusal): boolean {
  return typeof retryable === 'function' ? retryable(refusal) : retryable === true
}

function retryAfterSecondsOf(refusal: Refusal): number {
  if (refusal.code !== 'rate_limited') return RETRY_AFTER_SECONDS
  return Math.max(1, Math.ceil(refusal.retryAfterMs / 1000))
}

/** Whether a code belongs to the wire contract, or is what events call an allowed request: no policy may use it. */
export function isReservedCode(code: string): boolean {
  return Object.hasOwn(RENDERINGS, code) || code === 'allowed'
}

/** The code as callers see it: a policy's own where it gave one. */
export function wireCodeOf(refusal: Refusal): string {
  return refusal.code === 'policy_denied' ? refusal.policyCode : refusal.code
}

function challengeOf(refusal: Refusal, error: NonNullable<Rendering<unknown>['challenge']>): string {
  const realm = `Bearer realm="${refusal.realm}"`
  if (error === 'none') return realm
  const scope = refusal.code === 'scope_insufficient' ? `, scope="${refusal.scopes.join(' ')}"` : ''
  return `${realm}, error="${error}"${scope}`
}

/** A success of one of the gate's own endpoints. */
export function jsonResponse(status: 200 | 201, value: object): GateResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: JSON.stringify(value),
  }
}
