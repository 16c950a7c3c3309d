import type { Remedy } from './errors.js'
import type { Scrub } from './scrub.js'
import { abortable } from './wait.js'

/** A body that says what went wrong: any JSON object, since older backends answer `{"detail": "..."}` alone. */
export type Problem = Readonly<Record<string, unknown>>

const MAX_BODY_BYTES = 65_536
const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json\b/i
const REMEDY_MEMBERS = ['header', 'mint', 'symbol', 'amount', 'wallet'] as const

/**
 * Reads the problem of an answer, deeply frozen and without credentials. `undefined` where the body is larger than
 * 64 KiB, is no JSON object, breaks off, or does not come before the signal: the status says enough then.
 */
export async function readProblem(
  response: Response,
  scrub: Scrub,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) {
    leaveBody(response)
    return undefined
  }
  try {
    // Once as it is written, for names; once as it is meant, for values that the writer has escaped.
    const value: unknown = JSON.parse(
      scrub(await abortable(readCapped(response), signal)),
      (_name, member: unknown) => (typeof member === 'string' ? scrub(member) : Object.freeze(member)),
    )
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Problem)
      : undefined
  } catch {
    return undefined
  }
}

/** A member of a problem that is a string. */
export function textOf(problem: Problem | undefined, name: string): string | undefined {
  const value = problem?.[name]
  return typeof value === 'string' ? value : undefined
}

/** The remedy of a problem, where every member of it is what its type says. */
export function remedyOf(problem: Problem | undefined): Remedy | undefined {
  const remedy = problem?.remedy as Partial<Record<keyof Remedy, unknown>> | null | undefined
  if (typeof remedy !== 'object' || typeof remedy?.action !== 'string') return undefined
  return REMEDY_MEMBERS.every((name) => remedy[name] === undefined || typeof remedy[name] === 'string')
    ? (remedy as Remedy)
    : undefined
}

/** Gives a body up unread. */
export function leaveBody(response: Response): void {
  response.body?.cancel().catch(() => {})
}

async function readCapped(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let length = 0; ; ) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > MAX_BODY_BYTES) {
      await reader?.cancel()
      throw new Error('the body is larger than what is read')
    }
    text += decoder.decode(value, { stream: true })
  }
}
