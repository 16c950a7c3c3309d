import { apiKey, createGate, type GateOptions, type Store, walletSession } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'

export const BOUND_MS = 2_000
const ORIGIN = 'https://shop.example'
const SECRET = 'the-secret-that-sessions-are-signed-with'
const VERBS = [
  'findCredential',
  'claim',
  'addCredential',
  'readCredential',
  'listCredentials',
  'changeCredential',
  'revokeCredentials',
  'changesSince',
  'addUsage',
  'readUsage',
] as const satisfies readonly (keyof Store)[]

export type Verb = (typeof VERBS)[number]
type Call = (...given: unknown[]) => unknown

/** A store that has to be waited for; its calls are counted, and each verb can be delayed or broken. */
export function slowStore(inner: Store) {
  const calls = new Map<Verb, number>()
  const faults = new Map<Verb, (...given: unknown[]) => unknown>()
  const doors = new Map<Verb, (() => void)[]>()

  const slow = (verb: Verb): Call => {
    const call: Call = inner[verb].bind(inner) as Call
    return async (...given) => {
      calls.set(verb, (calls.get(verb) ?? 0) + 1)
      const fault = faults.get(verb)
      // What is answered is what was so when the call came in, however long it takes.
      const answer = fault === undefined ? call(...given) : fault(...given)
      const door = doors.get(verb)
      if (door !== undefined) await new Promise<void>((open) => door.push(open))
      return answer
    }
  }
  const verbs = Object.fromEntries(VERBS.map((verb) => [verb, slow(verb)]))
  return {
    store: { ...verbs, close: async () => undefined } as unknown as Store,
    calls: (verb: Verb) => calls.get(verb) ?? 0,
    /** What a verb does instead; nothing heals it. */
    fault: (verb: Verb, instead?: (...given: unknown[]) => unknown) => {
      if (instead === undefined) faults.delete(verb)
      else faults.set(verb, instead)
    },
    /** From now on what a verb has to say is not said, until it is released. */
    hold: (verb: Verb) => void doors.set(verb, []),
    /** Lets the oldest that waits go on, and no other. */
    releaseOne: (verb: Verb) => doors.get(verb)?.shift()?.(),
    release: (verb: Verb) => {
      for (const open of doors.get(verb) ?? []) open()
      doors.delete(verb)
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A gate over a slow store, and what an operator does to the store behind the gate's back. */
export function feedKit(options: Partial<GateOptions> = {}) {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const slow = slowStore(inner)
  const makeGate = () =>
    createGate({
      store: slow.store,
      methods: [apiKey(), walletSession({ origin: ORIGIN, secrets: [SECRET], sessionTtlSeconds: 86_400 })],
      clock,
      revocationBoundMs: BOUND_MS,
      usage: false,
      onDecision: () => undefined,
      ...options,
    })
  const gate = makeGate()
  const requestOf = (token: string) => requestWith([bearer(token)])
  return {
    ...slow,
    clock,
    inner,
    gate,
    makeGate,
    requestOf,
    code: (token: string, through = gate) => codeOf(through, requestOf(token)),
    issue: () => inner.issueApiKey({ accountId: 'robots' }),
    /** A session as the gate would give it. */
    session: (wallet: string, jti: string) => {
      const iat = Math.floor(clock.wallMs() / 1000)
      const claims = { iss: ORIGIN, aud: ORIGIN, sub: wallet, jti, iat, exp: iat + 86_400 }
      return mint(claims, SECRET, { alg: 'HS256', typ: 'sallyport-session+jwt' })
    },
    endSession: (id: string) => {
      const atMs = clock.wallMs()
      const end = { kind: 'session', id, atMs, untilMs: atMs + 86_400_000 } as const
      return inner.revokeCredentials(end, { signal: AbortSignal.timeout(1_000) })
    },
  }
}

/** A kit whose gate knows a key, and has heard of all changes so far. */
export async function warmKit(options?: Partial<GateOptions>) {
  const kit = feedKit(options)
  const { key, credentialId } = await kit.issue()
  for (let asked = 0; asked < 3; asked++) {
    const code = await kit.code(key)
    if (code !== 'allowed') throw new Error(`a new key was answered ${code}`)
  }
  await settled()
  return { ...kit, key, credentialId }
}
