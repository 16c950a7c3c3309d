import { LRUCache } from 'lru-cache'
import { Deadline, isPending } from '../deadline.js'
import type { Refused } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import type { Change, FindCredential } from '../ports/store.js'
import { attempt } from '../stages/attempt.js'
import type { Credential, CredentialLookup } from './credential.js'
import { isUnchanging, says, snapshotOf } from './snapshot.js'

/** A stored credential, for as long as it may be relied on. */
export interface Held {
  readonly credential: Credential
  /**
   * Whether it is still what the store has, as far as the revocation bound asks for and as far as can be told without
   * waiting.
   *
   * @param nowMs - Monotonic.
   */
  holds(nowMs: number): boolean
}

/** What is known of a credential: the record, nothing, or that the store cannot say. */
export type Found = Held | undefined | Refused

/** Finds credentials for the methods. */
export interface CredentialFinder {
  find(lookup: CredentialLookup): Found | Promise<Found>
  /** Forgets what a change may have made untrue. */
  forget(change: Change): void
}

/** What a finder is made of. */
export interface FinderOptions {
  readonly find: FindCredential
  readonly clock: Clock
  readonly timeoutMs: number
  /** How long an answer that had to be waited for may be used again. 0 keeps nothing. */
  readonly boundMs: number
  /** How many credentials are kept; the least recently used goes first. */
  readonly maxEntries: number
  /**
   * Makes sure that changes older than `boundMs` have been seen; see `ChangeFeed.follow`. With it an answer may be used
   * for longer, because what has changed is forgotten.
   */
  readonly follow: ((nowMs: number) => undefined | Refused | Promise<undefined | Refused>) | undefined
}

/** A record of a store that answers at once: it is asked every time. */
class Asked implements Held {
  readonly credential: Credential
  readonly #lookup: CredentialLookup
  readonly #find: FindCredential
  /** The record itself, where nobody can have changed what it says. */
  readonly #unchanging: Credential | undefined

  constructor(credential: Credential, record: Credential, lookup: CredentialLookup, find: FindCredential) {
    this.credential = credential
    this.#lookup = lookup
    this.#find = find
    this.#unchanging = isUnchanging(record) ? record : undefined
  }

  holds(): boolean {
    try {
      const record = this.#find(this.#lookup, new Deadline())
      if (record !== undefined && record === this.#unchanging) return true
      if (!isPending(record)) return says(record, this.credential)
      Promise.resolve(record).catch(() => undefined)
      return false
    } catch {
      // Whoever looks it up anew is told of the outage.
      return false
    }
  }
}

/** A record that had to be waited for. */
class Kept implements Held {
  readonly credential: Credential
  readonly key: string
  readonly readAtMs: number
  readonly #isCurrent: (kept: Kept, nowMs: number) => boolean

  constructor(
    credential: Credential,
    key: string,
    readAtMs: number,
    isCurrent: (kept: Kept, nowMs: number) => boolean,
  ) {
    this.credential = credential
    this.key = key
    this.readAtMs = readAtMs
    this.#isCurrent = isCurrent
  }

  holds(nowMs: number): boolean {
    return this.#isCurrent(this, nowMs)
  }
}

interface Flight {
  readonly answer: Promise<Found>
  readonly readAtMs: number
}

// For rows that somebody changed behind the store's back. Stores tell of changes for an hour: none is missed meanwhile.
const MAX_AGE_MS = 60_000

// Whoever presents the same unknown credential again and again costs the store one read a second.
const MAX_MISSING = 1_000
const MISSING_FOR_MS = 1_000

/**
 * Looks credentials up. A store that answers at once is asked every time, so that a revocation holds at once. An answer
 * that had to be waited for is kept: for `boundMs`, or where changes are followed until it has changed. What the store
 * does not have is remembered apart, for a second, so that strangers push out nothing that is known. Callers that wait
 * for the same credential share one read, as long as it began less than `boundMs` ago.
 */
export function createCredentialFinder(options: FinderOptions): CredentialFinder {
  const { find, clock, timeoutMs, boundMs, maxEntries, follow } = options
  const keysOfId = new Map<string, Set<string>>()
  const kept = new LRUCache<string, Kept>({
    max: maxEntries,
    dispose: ({ credential }, key) => unlink(credential.id, key),
  })
  /** When the store was asked for what it does not have. */
  const missing = new LRUCache<string, number>({ max: MAX_MISSING })
  const flights = new Map<string, Flight>()
  // The copy of a record is the same for as long as the record says the same.
  const asked = new WeakMap<Credential, Asked>()
  const keptMs = follow === undefined || boundMs === 0 ? boundMs : MAX_AGE_MS
  const missingMs = Math.min(boundMs, MISSING_FOR_MS)
  let changes = 0

  const isYoung = ({ readAtMs }: Kept, nowMs: number) => nowMs - readAtMs < keptMs
  // What is not among the kept any more is told of no change, so nothing may rest on it: looked at last, since following
  // may hear of a change at once. What is asked for stays.
  const isCurrent = (answer: Kept, nowMs: number) =>
    isYoung(answer, nowMs) && follow?.(nowMs) === undefined && kept.get(answer.key) === answer

  function unlink(id: string, key: string): void {
    const keys = keysOfId.get(id)
    keys?.delete(key)
    if (keys?.size === 0) keysOfId.delete(id)
  }

  function keep(key: string, answer: Kept): void {
    kept.set(key, answer)
    const { id } = answer.credential
    keysOfId.set(id, (keysOfId.get(id) ?? new Set()).add(key))
  }

  function askedFor(credential: Credential, record: Credential, lookup: CredentialLookup): Held {
    const known = asked.get(credential)
    if (known !== undefined) return known
    const made = new Asked(credential, record, lookup, find)
    asked.set(credential, made)
    return made
  }

  function read(lookup: CredentialLookup, key: string, nowMs: number): Found | Promise<Found> {
    return attempt<Held | undefined>('store', timeoutMs, (call) => {
      const answer = find(lookup, call)
      if (!isPending(answer)) {
        const credential = checked(answer, lookup)
        return credential && askedFor(credential, answer ?? credential, lookup)
      }
      return Promise.resolve(answer).then((record) => {
        const credential = checked(record, lookup)
        return credential && new Kept(credential, key, nowMs, isCurrent)
      })
    })
  }

  /** What is kept, if only that there is nothing; `null` where the store has to be asked. */
  function recall(key: string, nowMs: number): Kept | undefined | null {
    const known = kept.get(key)
    if (known !== undefined && isYoung(known, nowMs)) return known
    const missedAtMs = missing.get(key)
    return missedAtMs !== undefined && nowMs - missedAtMs < missingMs ? undefined : null
  }

  function lookUp(lookup: CredentialLookup, key: string): Found | Promise<Found> {
    const nowMs = clock.monotonicMs()
    const under = flights.get(key)
    if (under !== undefined && nowMs - under.readAtMs < boundMs) return under.answer
    const changesBefore = changes
    const found = read(lookup, key, nowMs)
    if (!isPending(found)) return found
    const flight: Flight = { answer: found.then(land), readAtMs: nowMs }
    flights.set(key, flight)
    return flight.answer

    function land(answer: Found): Found {
      if (flights.get(key) === flight) flights.delete(key)
      // What was read before a change was seen may be what the change has made untrue.
      const isUsable = keptMs > 0 && changes === changesBefore
      if (answer instanceof Kept && isUsable) keep(key, answer)
      else kept.delete(key)
      if (answer === undefined && isUsable) missing.set(key, nowMs)
      return answer
    }
  }

  return {
    find(lookup) {
      const key = keyOf(lookup)
      const nowMs = clock.monotonicMs()
      if (recall(key, nowMs) === null) return lookUp(lookup, key)
      const state = follow?.(nowMs)
      const answer = (outage: undefined | Refused) => {
        if (outage !== undefined) return outage
        const known = recall(key, nowMs)
        return known === null ? lookUp(lookup, key) : known
      }
      return isPending(state) ? state.then(answer) : answer(state)
    },
    forget({ kind, id }) {
      if (kind === 'session') return
      changes++
      // Whoever asks from now on must not be answered by a read that began before.
      flights.clear()
      missing.clear()
      if (kind === 'credential') for (const key of [...(keysOfId.get(id) ?? [])]) kept.delete(key)
      else kept.clear()
    },
  }
}

function checked(record: Credential | null | undefined, lookup: CredentialLookup): Credential | undefined {
  return record === undefined || record === null ? undefined : snapshotOf(record, lookup)
}

function keyOf(lookup: CredentialLookup): string {
  return lookup.kind === 'apiKey' ? `k${lookup.digest}` : `s${lookup.keyId}`
}
