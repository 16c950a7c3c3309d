import { errorClassOf, NetworkError, SallyportError } from './errors.js'
import { parseHttpDate, retryAfterMsOf } from './http-time.js'
import { leaveBody, type Problem, readProblem, remedyOf, textOf } from './problem.js'
import { causeCode, type Scrub, safeCause } from './scrub.js'

/** A try that did not succeed: what is thrown of it, and what decides whether there is another. */
export interface Failure {
  readonly error: SallyportError
  /** The gate refused before any handler ran, for a reason that passes: nothing was carried out. */
  readonly untouched: boolean
  /** The gate proved the token and found it out of time. */
  readonly outOfTime: boolean
  /** What the server's clock said. */
  readonly serverMs: number | undefined
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const PASSING: ReadonlySet<string> = new Set(['rate_limited', 'dependency_unavailable', 'policy_unavailable'])
const OUT_OF_TIME: ReadonlySet<string> = new Set(['credential_expired', 'credential_not_yet_valid'])
const MAX_MESSAGE_LENGTH = 500

/** Whether an answer is what the caller asked for. 304 is: the caller made the request conditional. */
export function isSuccess(response: Response): boolean {
  return response.status >= 200 && response.status < 400 && !isRedirect(response)
}

/** Reads an answer that is none. */
export async function readFailure(
  response: Response,
  scrub: Scrub,
  nowMs: number,
  signal: AbortSignal,
): Promise<Failure> {
  if (isRedirect(response)) {
    leaveBody(response)
    return failed(redirectRefused(response))
  }
  const { status, headers } = response
  const retryAfterMs = retryAfterMsOf(headers, nowMs)
  const problem = await readProblem(response, scrub, signal)
  const code = textOf(problem, 'code')
  const gateCode = isGates(headers, problem, code) ? code : undefined
  const busy = status === 429 || status === 503
  const ErrorClass = errorClassOf(status)
  const error = new ErrorClass(messageOf(status, code, problem), {
    status,
    code,
    detail: textOf(problem, 'detail'),
    problem,
    decisionId: textOf(problem, 'decision_id'),
    retryable: problem?.retryable === true || (busy && retryAfterMs !== undefined),
    retryAfterMs,
    remedy: remedyOf(problem),
  })
  return {
    error,
    untouched: busy && gateCode !== undefined && PASSING.has(gateCode),
    outOfTime: status === 401 && gateCode !== undefined && OUT_OF_TIME.has(gateCode),
    serverMs: parseHttpDate(headers.get('date')),
  }
}

/** A try without an answer, or with a broken one. */
export function networkFailure(what: string, thrown: unknown, scrub: Scrub): Failure {
  const cause = safeCause(thrown, scrub)
  const why = causeCode(cause) ?? cause?.message ?? 'unknown'
  const message = `${what}: the connection failed (${why})`
  return failed(new NetworkError(message, { code: 'network_failed', retryable: true, cause }))
}

/** A try that took too long. */
export function timeoutFailure(what: string, timeoutMs: number): Failure {
  const message = `${what}: no answer within ${timeoutMs} ms`
  return failed(new NetworkError(message, { code: 'network_timeout', retryable: true }))
}

/** A failure of which nothing more is known than its error. */
export function failed(error: SallyportError): Failure {
  return { error, untouched: false, outOfTime: false, serverMs: undefined }
}

// Browsers hide a redirect that is not followed behind a type and no status; a `fetch` of the caller's may have
// followed one already.
function isRedirect({ status, type, redirected }: Response): boolean {
  return REDIRECTS.has(status) || type === 'opaqueredirect' || redirected
}

function redirectRefused({ status }: Response): SallyportError {
  const message = 'A redirect was answered. It is not followed, since it would carry the credential along.'
  return new SallyportError(message, { status: status === 0 ? undefined : status, code: 'redirect_refused' })
}

// A handler may answer a problem of its own with the same code: only the gate's type is made before handlers run.
function isGates(headers: Headers, problem: Problem | undefined, code: string | undefined): boolean {
  return (
    /^application\/problem\+json\b/i.test(headers.get('content-type') ?? '') &&
    code !== undefined &&
    problem?.type === `urn:sallyport:problem:${code}`
  )
}

function messageOf(status: number, code: string | undefined, problem: Problem | undefined): string {
  const said = textOf(problem, 'detail') ?? textOf(problem, 'title')
  const text = [code === undefined ? `HTTP status ${status}` : `${status} ${code}`, said]
    .filter((part) => part !== undefined)
    .join(': ')
  // One line for logs, whatever the server wrote.
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_MESSAGE_LENGTH)
}
