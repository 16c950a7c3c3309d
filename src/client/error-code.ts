import type { RefusalCode } from '../decision.js'

/** What a guarded backend answers by contract. A policy's own codes come beside them. */
export type ProblemCode =
  | RefusalCode
  | 'rate_limited'
  | 'not_found'
  | 'idempotency_in_progress'
  | 'idempotency_conflict'
  | 'already_committed'
  | 'reservation_expired'

/** What the client itself says where no problem was answered. */
export type ClientErrorCode =
  /** The connection was refused, dropped, or answered in no HTTP. */
  | 'network_failed'
  /** No answer within `timeoutMs`. */
  | 'network_timeout'
  /** A redirect was answered; following it would carry the credential somewhere else. */
  | 'redirect_refused'
  /** `get`, `post` and their like were answered something other than JSON. */
  | 'json_expected'
  /** Not sent: the URL is of another origin than `baseUrl`. */
  | 'origin_refused'
  /** Not sent: a header is the client's own to set. */
  | 'header_refused'
  /** Not sent: `fetch` would not take the request. */
  | 'request_invalid'

/** Every code that is known, open for those that policies and other servers make up. */
export type ErrorCode = ProblemCode | ClientErrorCode | (string & {})
