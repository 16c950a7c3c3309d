import { type Refusal, type RefusalCode, type RefusalReason, toResponse } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'

const SECRET_CAUSE = new Error('redis://u:hunter2@db')
const LABEL = { decisionId: 'decision-1', realm: 'api', type: 'refuse' } as const

/** Every code with what belongs to it, and how it reads on the wire. */
const ROWS: {
  readonly [Code in RefusalCode]: readonly [context: object, status: number, challenge: string | null]
} = {
  credential_missing: [{ accepts: 'apiKey' }, 401, ''],
  credential_invalid: [{ presented: 'token' }, 401, ', error="invalid_token"'],
  credential_expired: [{ presented: 'token' }, 401, ', error="invalid_token"'],
  credential_not_yet_valid: [{}, 401, ', error="invalid_token"'],
  credential_lifetime: [{}, 401, ', error="invalid_token"'],
  credential_replayed: [{}, 401, ', error="invalid_token"'],
  request_ambiguous: [{ header: 'Authorization' }, 400, ', error="invalid_request"'],
  wallet_missing: [{ header: 'x-wallet-address' }, 400, null],
  wallet_malformed: [{ header: 'x-wallet-address' }, 400, null],
  wallet_mismatch: [{}, 403, null],
  wallet_required: [{}, 403, null],
  method_mismatch: [{ methods: ['apiKey'] }, 403, null],
  role_mismatch: [{ role: 'processor' }, 403, null],
  scope_insufficient: [{ scopes: ['a', 'b'] }, 403, ', error="insufficient_scope", scope="a b"'],
  balance_insufficient: [
    { mint: MINT, symbol: 'ACTO', wallet: ALICE, required: '50000', balance: '1', shortfall: '49999' },
    403,
    null,
  ],
  policy_denied: [{ policyCode: 'policy_denied', policyDetail: undefined }, 403, null],
  policy_unavailable: [{ cause: SECRET_CAUSE }, 503, null],
  dependency_unavailable: [{ dependency: 'store', cause: SECRET_CAUSE }, 503, null],
  rate_limited: [{ retryAfterMs: 2_000 }, 429, null],
  not_found: [{}, 404, null],
  challenge_invalid: [{}, 401, ''],
  signature_invalid: [{}, 401, ''],
  body_invalid: [{ problem: 'mint must be an address' }, 400, null],
  body_too_large: [{ maxBytes: 1024 }, 413, null],
  media_type_unsupported: [{}, 415, null],
  spend_denied: [{ reasonCode: 'BUDGET_EXCEEDED', spendDecisionId: 'd1' }, 403, null],
  approval_required: [{ approvalId: 'a1', approveByMs: 0, spendDecisionId: 'd1' }, 403, null],
  idempotency_in_progress: [{}, 409, null],
  idempotency_conflict: [{}, 422, null],
  already_committed: [{ reservationId: 'r1' }, 409, null],
  reservation_expired: [{ reservationId: 'r1' }, 409, null],
  reservation_released: [{ reservationId: 'r1' }, 409, null],
  reservation_exceeded: [{ reserved: '10' }, 409, null],
  instrument_bound: [{}, 409, null],
}

const CODES = Object.keys(ROWS) as RefusalCode[]
const refusalOf = (code: RefusalCode, extra: object = {}): Refusal =>
  ({ code, ...ROWS[code][0], ...LABEL, ...extra }) as unknown as RefusalReason & typeof LABEL

describe('a refusal on the wire', () => {
  it.each(CODES)('has its status, its challenge and a problem body: %s', (code) => {
    const [, status, challenge] = ROWS[code]
    const isRetryable = status === 503 || status === 429 || code === 'idempotency_in_progress'
    const response = toResponse(refusalOf(code))
    const body = JSON.parse(response.body)
    expect(response.status).toBe(status)
    expect(response.headers).toEqual({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(challenge !== null && { 'WWW-Authenticate': `Bearer realm="api"${challenge}` }),
      ...(isRetryable && { 'Retry-After': '2' }),
    })
    expect(body).toMatchObject({
      type: `urn:sallyport:problem:${code}`,
      status,
      code,
      decision_id: 'decision-1',
      retryable: isRetryable,
    })
    for (const member of ['title', 'detail']) expect(body[member]).toMatch(/^\S.*\S$/)
  })

  it.each(CODES)('shows nothing that is not meant to be seen: %s', (code) => {
    const response = toResponse(refusalOf(code, { cause: SECRET_CAUSE, secret: 'hunter2', token: 'hunter2' }))
    expect(JSON.stringify(response)).not.toMatch(/hunter2|redis/)
    const known = ['type', 'title', 'status', 'detail', 'code', 'decision_id', 'retryable']
    const spend = ['reason_code', 'spend_decision_id', 'reservation_id', 'reserved']
    const more = [...spend, 'remedy', 'accepted', 'required_scopes', 'required', 'balance', 'mint']
    for (const member of Object.keys(JSON.parse(response.body))) expect([...known, ...more]).toContain(member)
  })

  it('reads as in the seed, for the clients there are', () => {
    const detail = (code: RefusalCode, extra: object = {}) =>
      JSON.parse(toResponse(refusalOf(code, extra)).body).detail
    expect(detail('credential_missing')).toBe('Invalid API key')
    expect(detail('credential_invalid', { presented: 'apiKey' })).toBe('Invalid API key')
    expect(detail('credential_invalid')).toBe('Invalid token')
    expect(detail('balance_insufficient')).toBe('Insufficient token balance. Required: 50000 ACTO')
  })

  it('tells what would help', () => {
    expect(JSON.parse(toResponse(refusalOf('balance_insufficient')).body)).toMatchObject({
      required: '50000',
      balance: '1',
      mint: MINT,
      remedy: { action: 'acquire_tokens', mint: MINT, symbol: 'ACTO', amount: '49999', wallet: ALICE },
    })
    expect(JSON.parse(toResponse(refusalOf('wallet_missing')).body).remedy).toEqual({
      action: 'send_header',
      header: 'x-wallet-address',
    })
  })

  it('names the realm of the host', () => {
    const { headers } = toResponse(refusalOf('credential_missing', { realm: 'My shop' }))
    expect(headers['WWW-Authenticate']).toBe('Bearer realm="My shop"')
  })
})
