import type { Ending } from './settler.js'

/** Node's response, of HTTP/1 or HTTP/2, as far as it tells what became of a request. */
export interface OutgoingResponse {
  readonly statusCode: number
  readonly headersSent: boolean
  readonly writableEnded: boolean
  /** HTTP/2 has none; there the stream has. */
  readonly destroyed?: boolean
  readonly stream?: { readonly destroyed?: boolean } | undefined
  once(event: 'finish' | 'close', listener: () => void): unknown
}

interface Connection {
  readonly destroyed?: boolean
  once(event: 'close', listener: () => void): unknown
}

interface Writing {
  writeHead(...head: unknown[]): unknown
}

const COMMIT: Ending = Object.freeze({ as: 'commit' })
const RELEASE: Ending = Object.freeze({ as: 'release' })

const passages = new WeakMap<object, Passage>()
const waiting = new WeakMap<object, Set<() => void>>()

/** One request on its way through the guards of its route, one after the other. */
export class Passage {
  readonly #response: OutgoingResponse
  readonly #connection: Connection | undefined
  readonly #keys: string[] = []
  /** Whether the latest guard has let the request on. */
  #isLetOn: Promise<boolean> = Promise.resolve(true)
  #ending: Promise<Ending> | undefined

  private constructor(message: object, response: OutgoingResponse) {
    this.#response = response
    this.#connection = connectionOf(message, response)
  }

  /** The one passage of a message, however many guards it meets. */
  static of(message: object, response: OutgoingResponse): Passage {
    const passage = passages.get(message) ?? new Passage(message, response)
    passages.set(message, passage)
    return passage
  }

  /** Notes what a guard will answer. What it throws does not let the request on either. */
  through(outcome: Promise<unknown>): void {
    this.#isLetOn = outcome.then(
      (known) => known === 'enter',
      () => false,
    )
  }

  /** How many guards before have asked under `key`, which is noted. */
  countKey(key: string): number {
    const count = this.#keys.filter((known) => known === key).length
    this.#keys.push(key)
    return count
  }

  /** Whether nobody can be answered any more: the client has gone away, or somebody has answered already. */
  isOver(): boolean {
    const { writableEnded, destroyed, stream } = this.#response
    const isGone = destroyed ?? stream?.destroyed ?? false
    return writableEnded || isGone || this.#connection?.destroyed === true
  }

  /**
   * How it ends what the guards hold, once it is over. A refusal that was sent says that nothing was done, and so does a
   * guard that did not let the request on. Nothing else says so: not an error, nor a client that went away.
   */
  async end(): Promise<Ending> {
    this.#ending ??= endingOf(this.#response, this.#connection)
    const ending = await this.#ending
    return (await this.#isLetOn) ? ending : RELEASE
  }
}

// All requests of an HTTP/1 connection end with it, also those whose response it was not the turn of: these are told
// nothing. An HTTP/2 stream tells its own.
function connectionOf(message: object, { stream }: OutgoingResponse): Connection | undefined {
  const { socket } = message as { readonly socket?: Partial<Connection> | null }
  return stream === undefined && typeof socket?.once === 'function' ? (socket as Connection) : undefined
}

function endingOf(response: OutgoingResponse, connection: Connection | undefined): Promise<Ending> {
  const sent = noteStatus(response)
  return new Promise((resolve) => {
    const end = (ending: Ending) => {
      if (connection !== undefined) waiting.get(connection)?.delete(breakOff)
      resolve(ending)
    }
    const breakOff = () => end(COMMIT)
    response.once('finish', () => {
      const { status = 0 } = sent
      // An HTTP/2 response also finishes where its stream was cut off.
      end(response.writableEnded && status >= 400 && status < 500 ? RELEASE : COMMIT)
    })
    response.once('close', breakOff)
    if (connection !== undefined) waitersOf(connection).add(breakOff)
  })
}

// Whoever sets a status once the headers are gone changes nothing of what the client has got. Node writes the headers
// that nobody writes by itself in this way too.
function noteStatus(response: OutgoingResponse): { readonly status?: number } {
  const sent: { status?: number } = {}
  if (response.headersSent) sent.status = response.statusCode
  const writing = response as OutgoingResponse & Partial<Writing>
  const { writeHead } = writing
  if (typeof writeHead !== 'function') return sent
  writing.writeHead = function noteHead(...head) {
    const written = writeHead.apply(this, head)
    sent.status = response.statusCode
    return written
  }
  return sent
}

// One listener for each connection, which may see many requests.
function waitersOf(connection: Connection): Set<() => void> {
  const known = waiting.get(connection)
  if (known !== undefined) return known
  const waiters = new Set<() => void>()
  waiting.set(connection, waiters)
  connection.once('close', () => {
    for (const breakOff of waiters) breakOff()
  })
  return waiters
}
