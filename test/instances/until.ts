import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
const PATIENCE_MS = 30_000

/** Waits for what another process does; what it comes to be. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false> | T | false,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== false) return found
    if (performance.now() > deadlineMs) throw new Error(`it never came to this: ${what}`)
    await sleep(POLL_MS)
  }
}
