import { createRandom } from '../random.js'

/** Who comes, how often, and to which process. Every wallet has a credential of its own. */
export interface Traffic {
  readonly processes: number
  readonly wallets: number
  /** `zipf`: the wallet of rank r comes in proportion to 1/r. */
  readonly shape: 'uniform' | 'zipf'
  readonly requestsPerSecond: number
  /** Whether the balancer sends a wallet to one process always, or each request to any. */
  readonly isSticky: boolean
}

/** One request. */
export interface Arrival {
  readonly atMs: number
  readonly wallet: number
  readonly process: number
}

/** Requests as they come, at random and independent of one another, the same in every run. */
export function* arrivals(traffic: Traffic, seed?: number): Generator<Arrival, never> {
  const { processes, requestsPerSecond, isSticky } = traffic
  const random = createRandom(seed)
  const walletOf = walletsOf(traffic, random)
  const meanMs = 1_000 / requestsPerSecond
  for (let atMs = 0; ; ) {
    atMs -= meanMs * Math.log(1 - random())
    const wallet = walletOf()
    yield { atMs, wallet, process: isSticky ? wallet % processes : Math.floor(random() * processes) }
  }
}

function walletsOf({ wallets, shape }: Traffic, random: () => number): () => number {
  if (shape === 'uniform') return () => Math.floor(random() * wallets)
  const upTo = new Float64Array(wallets)
  let sum = 0
  for (let rank = 0; rank < wallets; rank++) {
    sum += 1 / (rank + 1)
    upTo[rank] = sum
  }
  return () => rankAt(upTo, random() * sum)
}

/** The first place whose sum is beyond `share`. */
function rankAt(upTo: Float64Array, share: number): number {
  let [from, to] = [0, upTo.length - 1]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((upTo[middle] ?? 0) > share) to = middle
    else from = middle + 1
  }
  return from
}
