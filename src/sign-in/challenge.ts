import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { parseMessage, renderMessage, type SignInMessage } from './message.js'

/** Issues challenges and recognises them again, without keeping anything. */
export interface Challenges {
  /** The message that a wallet is to sign. Nothing is written, so nobody can flood a store or lock a wallet out. */
  issue(address: string, nowMs: number): string
  /** The message behind a text, where this service issued it for this wallet and it is in time. */
  recognize(text: string, address: string, nowMs: number): SignInMessage | undefined
}

/** Whose challenges these are and how long they last. */
export interface ChallengeOptions {
  readonly origin: string
  /** The newest issues; all are recognised. */
  readonly secrets: readonly string[]
  readonly ttlSeconds: number
}

const RANDOM_HEX = 32
const PURPOSE = 'sallyport sign-in challenge v1'
// Another instance may have issued it by a clock that is ahead.
const TOLERANCE_MS = 5_000

/**
 * Stateless challenges: half of the nonce is random, the other half a MAC over wallet, origin, times and that random
 * half. Single use is the store's, when the signature has been proven.
 */
export function createChallenges({ origin, secrets, ttlSeconds }: ChallengeOptions): Challenges {
  // A key of its own: a MAC made here is of no use as the signature of a session.
  const keys = secrets.map((secret) => createHmac('sha256', secret).update(PURPOSE).digest())
  const [newest] = keys

  function macOf(key: Buffer, random: string, message: Omit<SignInMessage, 'nonce'>): string {
    const { address, issuedAtMs, expiresAtMs } = message
    const sealed = JSON.stringify([origin, address, issuedAtMs, expiresAtMs, random])
    return createHmac('sha256', key).update(sealed).digest('hex').slice(0, RANDOM_HEX)
  }

  return {
    issue(address, nowMs) {
      if (newest === undefined) throw new Error('there is no secret to issue a challenge with')
      const issuedAtMs = Math.floor(nowMs / 1000) * 1000
      const message = { origin, address, issuedAtMs, expiresAtMs: issuedAtMs + ttlSeconds * 1000 }
      const random = randomBytes(RANDOM_HEX / 2).toString('hex')
      return renderMessage({ ...message, nonce: random + macOf(newest, random, message) })
    },
    recognize(text, address, nowMs) {
      const message = parseMessage(text, origin, address)
      if (message === undefined) return undefined
      const random = message.nonce.slice(0, RANDOM_HEX)
      const mac = Buffer.from(message.nonce.slice(RANDOM_HEX))
      const genuine = keys.some((key) => timingSafeEqual(mac, Buffer.from(macOf(key, random, message))))
      const inTime = message.issuedAtMs <= nowMs + TOLERANCE_MS && nowMs < message.expiresAtMs
      return genuine && inTime ? message : undefined
    },
  }
}
