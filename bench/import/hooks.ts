import { writeSync } from 'node:fs'
import type { LoadHook } from 'node:module'

/** Runs beside the program, on a thread that has no console of its own. */
export const load: LoadHook = (url, context, nextLoad) => {
  writeSync(1, `${url}\n`)
  return nextLoad(url, context)
}
