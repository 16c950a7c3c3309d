import type { RefusalCode, RefusalContexts } from './decision.js'

/** How a refusal of one code reads. */
export interface Rendering<Context> {
  readonly status: number
  readonly title: string
  readonly detail: string | ((context: Context) => string)
  /** Whether the same request may succeed if it is sent again unchanged. */
  readonly retryable?: true | ((context: Context) => boolean)
  /** The RFC 6750 §3.1 error code; `none` for a challenge without one. */
  readonly challenge?: 'none' | 'invalid_request' | 'invalid_token' | 'insufficient_scope'
  /** Public members beside the standard ones. Whatever is not named here is never rendered. */
  readonly members?: (context: Context) => Record<string, unknown>
}

const INVALID = { apiKey: 'Invalid API key', token: 'Invalid token' } as const

/** One row per code; a code without a row does not compile. */
export const RENDERINGS: { readonly [Code in RefusalCode]: Rendering<RefusalContexts[Code]> } = {
  credential_missing: {
    status: 401,
    title: 'Credential missing',
    detail: ({ accepts }) => (accepts === 'apiKey' ? INVALID.apiKey : 'A bearer token is required'),
    challenge: 'none',
  },
  credential_invalid: {
    status: 401,
    title: 'Credential invalid',
    detail: ({ presented }) => INVALID[presented],
    challenge: 'invalid_token',
  },
  credential_expired: {
    status: 401,
    title: 'Credential expired',
    detail: ({ presented }) => (presented === 'apiKey' ? 'API key expired' : 'Token expired'),
    challenge: 'invalid_token',
  },
  credential_not_yet_valid: {
    status: 401,
    title: 'Credential not yet valid',
    detail: 'Token not yet valid. Check the clock of the machine that made it.',
    challenge: 'invalid_token',
  },
  credential_lifetime: {
    status: 401,
    title: 'Credential lifetime not accepted',
    detail: 'The time between iat and exp is not accepted',
    challenge: 'invalid_token',
  },
  credential_replayed: {
    status: 401,
    title: 'Credential already used',
    detail: 'This token was used before',
    challenge: 'invalid_token',
  },
  request_ambiguous: {
    status: 400,
    title: 'Request ambiguous',
    detail: ({ header }) => `Send one ${header} header with one value`,
    challenge: 'invalid_request',
  },
  wallet_missing: {
    status: 400,
    title: 'Wallet missing',
    detail: ({ header }) => `The ${header} header is required`,
    members: ({ header }) => ({ remedy: { action: 'send_header', header } }),
  },
  wallet_malformed: {
    status: 400,
    title: 'Wallet malformed',
    detail: ({ header }) => `The ${header} header is not a Solana address`,
  },
  wallet_mismatch: {
    status: 403,
    title: 'Wallet mismatch',
    detail: 'The wallet is not bound to this credential',
  },
  wallet_required: {
    status: 403,
    title: 'Wallet required',
    detail: 'No wallet is bound to this credential',
  },
  method_mismatch: {
    status: 403,
    title: 'Authentication method not accepted',
    detail: 'This resource does not accept this kind of credential',
    members: ({ methods }) => ({ accepted: methods }),
  },
  role_mismatch: {
    status: 403,
    title: 'Role mismatch',
    detail: ({ role }) => `This resource is for the role ${role}`,
  },
  scope_insufficient: {
    status: 403,
    title: 'Scope insufficient',
    detail: ({ scopes }) => `Required scope: ${scopes.join(' ')}`,
    challenge: 'insufficient_scope',
    members: ({ scopes }) => ({ required_scopes: scopes }),
  },
  balance_insufficient: {
    status: 403,
    title: 'Token balance insufficient',
    detail: ({ required, symbol }) => `Insufficient token balance. Required: ${required} ${symbol}`,
    members: ({ required, balance, mint, symbol, shortfall, wallet }) => ({
      required,
      balance,
      mint,
      remedy: { action: 'acquire_tokens', mint, symbol, amount: shortfall, wallet },
    }),
  },
  policy_denied: {
    status: 403,
    title: 'Refused by policy',
    detail: ({ policyDetail }) => policyDetail ?? 'A policy of this service refuses the request',
  },
  policy_unavailable: {
    status: 503,
    title: 'Policy unavailable',
    detail: 'A policy could not decide',
    retryable: true,
  },
  dependency_unavailable: {
    status: 503,
    title: 'Dependency unavailable',
    detail: ({ maybeDone }) =>
      maybeDone === true
        ? 'It is not known whether this was done. Look before you send it again.'
        : 'The request could not be decided. Try again shortly.',
    retryable: ({ maybeDone }) => maybeDone !== true,
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests. Try again after the time that Retry-After names.',
    retryable: true,
  },
  not_found: {
    status: 404,
    title: 'Not found',
    detail: 'There is nothing of this name here',
  },
  challenge_invalid: {
    status: 401,
    title: 'Challenge invalid',
    detail: 'The challenge was not issued here for this wallet, is over, or was used. Ask for a new one.',
    challenge: 'none',
  },
  signature_invalid: {
    status: 401,
    title: 'Signature invalid',
    detail: "The signature is not the wallet's own over the challenge",
    challenge: 'none',
  },
  body_invalid: {
    status: 400,
    title: 'Body invalid',
    detail: ({ problem }) => problem,
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    detail: ({ maxBytes }) => `The body may have at most ${maxBytes} bytes`,
  },
  media_type_unsupported: {
    status: 415,
    title: 'Media type not supported',
    detail: 'Send application/json',
  },
  spend_denied: {
    status: 403,
    title: 'Spend denied',
    detail: ({ reasonCode }) => `The spending policy of this caller declines it: ${reasonCode}`,
    members: ({ reasonCode, spendDecisionId }) => ({
      reason_code: reasonCode,
      spend_decision_id: spendDecisionId,
    }),
  },
  approval_required: {
    status: 403,
    title: 'Approval required',
    detail: 'This spend needs an approval. Send the same request again once it is given.',
    members: ({ approvalId, approveByMs, spendDecisionId }) => ({
      reason_code: 'APPROVAL_REQUIRED',
      spend_decision_id: spendDecisionId,
      remedy: {
        action: 'obtain_approval',
        approval_id: approvalId,
        approve_by: new Date(approveByMs).toISOString(),
      },
    }),
  },
  idempotency_in_progress: {
    status: 409,
    title: 'Still in progress',
    detail: 'A request with this idempotency key is still being worked on',
    retryable: true,
  },
  idempotency_conflict: {
    status: 422,
    title: 'Idempotency key reused',
    detail: 'This idempotency key was used for another request',
  },
  already_committed: {
    status: 409,
    title: 'Already committed',
    detail: 'This was spent already',
    members: ({ reservationId }) => ({ reservation_id: reservationId }),
  },
  reservation_expired: {
    status: 409,
    title: 'Reservation expired',
    detail: 'What was reserved has been given back, because its time is over. Authorize anew.',
    members: ({ reservationId }) => ({ reservation_id: reservationId }),
  },
  reservation_released: {
    status: 409,
    title: 'Reservation released',
    detail: 'What was reserved has been given back. Authorize anew.',
    members: ({ reservationId }) => ({ reservation_id: reservationId }),
  },
  reservation_exceeded: {
    status: 409,
    title: 'Reservation exceeded',
    detail: ({ reserved }) =>
      `No more can be committed than was reserved: ${reserved}. Authorize the rest anew.`,
    members: ({ reserved }) => ({ reserved }),
  },
  instrument_bound: {
    status: 409,
    title: 'Instrument bound',
    detail: 'This instrument is bound already',
  },
}
