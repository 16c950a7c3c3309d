import { isPending } from './deadline.js'
import type { Refused } from './decision.js'
import type { GateConfig } from './options.js'
import { hasClaimed, noteClaim } from './request-state.js'
import { attempt } from './stages/attempt.js'

/** Uses a key up: true for the one request that was first. See `Store.claim`. */
export type Claim = (
  message: object,
  key: string,
  expiresAtMs: number,
) => boolean | Refused | Promise<boolean | Refused>

/** Puts a store's `claim` under the gate's deadline. A second guard of the same request is no second use. */
export function createClaim(config: Pick<GateConfig, 'store' | 'portTimeoutMs'>): Claim {
  const { store, portTimeoutMs } = config
  return (message, key, expiresAtMs) => {
    if (hasClaimed(message, config, key)) return true
    const first = attempt<boolean>('store', portTimeoutMs, (callOptions) => {
      if (store === undefined) throw new Error('there is no store to claim with')
      return store.claim(key, expiresAtMs, callOptions)
    })
    const noted = (known: boolean | Refused) => {
      if (known === true) noteClaim(message, config, key)
      return known
    }
    return isPending(first) ? first.then(noted) : noted(first)
  }
}
