import type { ErrorCode } from './error-code.js'

/** What would make a refused request succeed, where the backend knows. Every member is a string. */
export interface Remedy {
  readonly action: 'send_header' | 'acquire_tokens' | (string & {})
  readonly header?: string
  readonly mint?: string
  readonly symbol?: string
  /** How much is missing, as a decimal string. */
  readonly amount?: string
  readonly wallet?: string
}

/** What an error knows beside its message. */
export interface ErrorFacts {
  readonly status?: number | undefined
  readonly code?: ErrorCode | undefined
  readonly detail?: string | undefined
  readonly problem?: Readonly<Record<string, unknown>> | undefined
  readonly decisionId?: string | undefined
  readonly retryable?: boolean
  readonly retryAfterMs?: number | undefined
  readonly remedy?: Remedy | undefined
  readonly cause?: Error | undefined
}

/**
 * A call that did not succeed; every other error of the client is one. Thrown itself for a status that has no class of
 * its own (402, 405, 410 ...), for a redirect and for a success that is not JSON. No credential is ever in one.
 *
 * @example
 * try {
 *   await client.get('/v1/proofs')
 * } catch (error) {
 *   if (error instanceof RateLimitError) later(error.retryAfterMs)
 *   else if (error instanceof SallyportError && error.code === 'balance_insufficient') topUp(error.remedy?.amount)
 *   else throw error
 * }
 */
export class SallyportError extends Error {
  override readonly name: string = 'SallyportError'
  /** The HTTP status; `undefined` where nothing was answered. */
  readonly status: number | undefined
  /** The problem's `code`, or one of the client's own; `undefined` where the answer had none. */
  readonly code: ErrorCode | undefined
  /** The problem's `detail`, for people. */
  readonly detail: string | undefined
  /** The whole body where it is a JSON object of at most 64 KiB, deeply frozen. */
  readonly problem: Readonly<Record<string, unknown>> | undefined
  /** What to quote to the backend's operator. */
  readonly decisionId: string | undefined
  /** Whether the same request may succeed if it is sent again unchanged. */
  readonly retryable: boolean
  /** How long the backend asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** What would help, where the backend says so. */
  readonly remedy: Remedy | undefined

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause && { cause: facts.cause })
    this.status = facts.status
    this.code = facts.code
    this.detail = facts.detail
    this.problem = facts.problem
    this.decisionId = facts.decisionId
    this.retryable = facts.retryable ?? false
    this.retryAfterMs = facts.retryAfterMs
    this.remedy = facts.remedy
  }

  /** What `JSON.stringify` writes, for structured logs. */
  toJSON(): object {
    const { name, message, status, code, detail, decisionId, retryable, retryAfterMs, remedy, problem } = this
    return { name, message, status, code, detail, decisionId, retryable, retryAfterMs, remedy, problem }
  }
}

/** 401: the credential is missing, unknown, revoked or out of time. */
export class AuthenticationError extends SallyportError {
  override readonly name = 'AuthenticationError'
}

/** 403: the credential is good, and may not do this. */
export class AuthorizationError extends SallyportError {
  override readonly name = 'AuthorizationError'
}

/** 404. */
export class NotFoundError extends SallyportError {
  override readonly name = 'NotFoundError'
}

/** 400, 413, 415 or 422: the request itself is wrong. */
export class ValidationError extends SallyportError {
  override readonly name = 'ValidationError'
}

/** 409: the request contradicts what is there, or the same one is still at work. */
export class ConflictError extends SallyportError {
  override readonly name = 'ConflictError'
}

/** 429: too many requests; `retryAfterMs` says when there may be more. */
export class RateLimitError extends SallyportError {
  override readonly name = 'RateLimitError'
}

/** 5xx: the backend failed, or could not know; `retryAfterMs` where it says when to come back. */
export class ServerError extends SallyportError {
  override readonly name = 'ServerError'
}

/** No answer, or half of one: `cause` says why. What was sent may have been carried out. */
export class NetworkError extends SallyportError {
  override readonly name = 'NetworkError'
}

/** Not sent: it would have carried the credential elsewhere, contradicted it, or `fetch` would not take it. */
export class RequestError extends SallyportError {
  override readonly name = 'RequestError'
}

const BY_STATUS: Readonly<Record<number, typeof SallyportError>> = {
  400: ValidationError,
  401: AuthenticationError,
  403: AuthorizationError,
  404: NotFoundError,
  409: ConflictError,
  413: ValidationError,
  415: ValidationError,
  422: ValidationError,
  429: RateLimitError,
}

/** The class of an HTTP status. */
export function errorClassOf(status: number): typeof SallyportError {
  return BY_STATUS[status] ?? (status >= 500 ? ServerError : SallyportError)
}
