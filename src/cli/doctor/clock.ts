import { Deadline, withDeadline } from '../../deadline.js'
import { systemClock } from '../../system-clock.js'
import { TIMEOUT_MS } from '../open-store.js'
import { type Finding, fine, problem, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'clock'
const WARNING_MS = 5_000
const PROBLEM_MS = 30_000

/** Whether this machine's clock agrees with others. */
export async function checkClock({ opened, nodes, rpcUrls }: Subject): Promise<readonly Finding[]> {
  const ofStore = await aheadOfStore(opened)
  const ofNodes = (await nodes()).flatMap(({ aheadMs }, at) => {
    const whose = rpcUrls.length === 1 ? "the RPC endpoint's" : `RPC endpoint ${at + 1}'s`
    return aheadMs === undefined ? [] : [judge(whose, aheadMs)]
  })
  return [...(ofStore === undefined ? [] : [judge("the store's", ofStore)]), ...ofNodes]
}

async function aheadOfStore(opened: Subject['opened']): Promise<number | undefined> {
  try {
    const { serverMs } = (await opened()) ?? {}
    if (serverMs === undefined) return undefined
    const beforeMs = systemClock.wallMs()
    const thereMs = await withDeadline(serverMs(), TIMEOUT_MS, new Deadline())
    const aheadMs = thereMs - (beforeMs + systemClock.wallMs()) / 2
    return Number.isFinite(aheadMs) ? aheadMs : undefined
  } catch {
    // That it does not answer is told elsewhere.
    return undefined
  }
}

function judge(whose: string, aheadMs: number): Finding {
  const offMs = Math.abs(aheadMs)
  const seconds = Math.round(offMs / 1000)
  if (offMs <= WARNING_MS) return fine(NAME, `agrees with ${whose} within ${WARNING_MS / 1000} s`)
  const detail = `${whose} clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's: tokens are refused as expired or not yet valid, or count for longer than they should`
  const remedy = 'keep both in step by NTP (chrony, systemd-timesyncd)'
  return offMs > PROBLEM_MS ? problem(NAME, detail, remedy) : warning(NAME, detail, remedy)
}
