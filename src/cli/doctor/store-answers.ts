import { callWithin } from '../../deadline.js'
import { systemClock } from '../../system-clock.js'
import { failureOfStore } from '../failure.js'
import { TIMEOUT_MS } from '../open-store.js'
import { type Finding, fine, problem } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'store-answers'
// Nobody knows a key with this digest.
const NO_DIGEST = '0'.repeat(64)

/** Whether the store answers, and has its tables. */
export async function checkStoreAnswers({ opened }: Subject): Promise<readonly Finding[]> {
  try {
    const open = await opened()
    if (open === undefined) return []
    const beganMs = systemClock.monotonicMs()
    const { store } = open
    await callWithin(TIMEOUT_MS, (call) => store.findCredential({ kind: 'apiKey', digest: NO_DIGEST }, call))
    return [fine(NAME, `it answers within ${Math.ceil(systemClock.monotonicMs() - beganMs)} ms`)]
  } catch (error) {
    const { code, message } = failureOfStore(error)
    if (code === 'tables_missing') {
      return [problem('store-tables', 'its tables are missing or not up to date', 'run sallyport migrate')]
    }
    return [
      problem(
        NAME,
        `every guarded request is answered with 503: ${message}`,
        'see that it runs, and its URL',
      ),
    ]
  }
}
