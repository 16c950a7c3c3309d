import { runLater } from '../deadline.js'

/** Does something again, some time from now; nothing where too much waits already. */
export type Later = (delayMs: number, run: () => void) => void

// A store that is down must not be met by all that it missed, and what waits must not fill the memory.
const MAX_WAITING = 1_000

/** Puts off what a store could not do, within a bound: what is beyond it is left to the expiry of the reservation. */
export function createLater(): Later {
  let waiting = 0
  return (delayMs, run) => {
    if (waiting >= MAX_WAITING) return
    waiting++
    runLater(delayMs, () => {
      waiting--
      run()
    })
  }
}
