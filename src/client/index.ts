/**
 * A client for callers of a backend that Sallyport guards: `fetch` with credentials, renewal, retries and typed errors.
 * Runs wherever `fetch` and WebCrypto do.
 *
 * @packageDocumentation
 */
export { GateError, type GateErrorCode } from '../gate-error.js'
export type { Clock } from '../ports/clock.js'
export { createClient, type JsonInit, type SallyportClient } from './client.js'
export type { ClientErrorCode, ErrorCode, ProblemCode } from './error-code.js'
export {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  type ErrorFacts,
  NetworkError,
  NotFoundError,
  RateLimitError,
  type Remedy,
  RequestError,
  SallyportError,
  ServerError,
  ValidationError,
} from './errors.js'
export type {
  AccessTokenClientOptions,
  ApiKeyClientOptions,
  ClientOptions,
  CommonClientOptions,
  SharedSecretClientOptions,
} from './options.js'
export type { Sleep } from './wait.js'
