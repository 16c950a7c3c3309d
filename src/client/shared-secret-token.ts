import { SignJWT } from 'jose/jwt/sign'
import type { Clock } from '../ports/clock.js'
import type { TokenSource } from './token-source.js'

/** What tokens are made from. */
export interface SharedSecretSettings {
  readonly keyId: string
  readonly sharedSecret: string
  readonly keyIdClaim: string
  readonly lifetimeSeconds: number
  readonly audience: string | undefined
  /** Whether each token carries a `jti` and is used for one try alone. */
  readonly single: boolean
}

interface Held {
  readonly text: Promise<string>
  /** On the corrected wall clock. */
  readonly fromMs: number
  readonly untilMs: number
  /** On the monotonic clock. */
  readonly untilMonotonicMs: number
}

const MAX_MARGIN_SECONDS = 30
const MARGIN_SHARE = 0.2

/**
 * Mints HS256 tokens, each held until shortly before it expires; calls that come together share one. The wall clock is
 * corrected by the server's where the server finds a token out of time.
 */
export function sharedSecretToken(settings: SharedSecretSettings, clock: Clock): TokenSource {
  const { keyId, sharedSecret, keyIdClaim, lifetimeSeconds, audience, single } = settings
  const key = new TextEncoder().encode(sharedSecret)
  const marginSeconds = Math.min(MAX_MARGIN_SECONDS, lifetimeSeconds * MARGIN_SHARE)
  let skewMs = 0
  let held: Held | undefined

  const nowMs = () => clock.wallMs() + skewMs

  function mint(): Held {
    const iat = Math.floor(nowMs() / 1000)
    const exp = iat + lifetimeSeconds
    const text = new SignJWT({
      [keyIdClaim]: keyId,
      iat,
      exp,
      ...(audience === undefined ? {} : { aud: audience }),
      ...(single ? { jti: crypto.randomUUID() } : {}),
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(key)
    return {
      text,
      fromMs: iat * 1000,
      untilMs: (exp - marginSeconds) * 1000,
      untilMonotonicMs: clock.monotonicMs() + (lifetimeSeconds - marginSeconds) * 1000,
    }
  }

  // Both clocks are asked: a suspended machine stops the one, an operator steps the other.
  function isFresh({ fromMs, untilMs, untilMonotonicMs }: Held): boolean {
    const now = nowMs()
    return now >= fromMs && now < untilMs && clock.monotonicMs() < untilMonotonicMs
  }

  return {
    secrets: [sharedSecret],
    async next() {
      const used = held !== undefined && isFresh(held) ? held : mint()
      if (!single) held = used
      try {
        const text = await used.text
        return {
          text,
          renew(serverMs) {
            // Of calls that were refused together the first has seen to it.
            if (held !== undefined && held !== used) return
            held = undefined
            if (serverMs !== undefined) skewMs = serverMs - clock.wallMs()
          },
        }
      } catch (error) {
        if (held === used) held = undefined
        throw error
      }
    },
  }
}
