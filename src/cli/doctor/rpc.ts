import { isHttpUrl, isServiceUrl } from '../../service-url.js'
import { type Finding, fine, problem, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'rpc'
const SLOW_MS = 500
const OWN = 'use an endpoint of your own, or a provider that knows you'

// Served to everybody, and so limited for everybody.
const PUBLIC_HOST =
  /^(?:api\.(?:mainnet-beta|mainnet|devnet|testnet)\.solana\.com|solana-api\.projectserum\.com|rpc\.ankr\.com|solana\.drpc\.org|solana\.public-rpc\.com|solana\.api\.onfinality\.io|endpoints\.omniatech\.io|(?:.+\.)?publicnode\.com|(?:.+\.)?extrnode\.com)$/

/** Whether balances can be read, quickly, and from a node that has time for it. */
export async function checkRpc({ rpcUrls, nodes }: Subject): Promise<readonly Finding[]> {
  if (rpcUrls.length === 0) {
    return [fine(NAME, 'none is named: name it in SOLANA_RPC_URL if a gate requires a balance')]
  }
  const answers = await nodes()
  return rpcUrls.flatMap((url, at) => {
    const which = rpcUrls.length === 1 ? 'the endpoint' : `endpoint ${at + 1}`
    const findings = [...ofUrl(url, which), ...ofAnswer(answers[at] ?? {}, which)]
    const worst = findings.filter(({ status }) => status !== 'ok')
    return worst.length > 0 ? worst : findings
  })
}

function ofUrl(url: string, which: string): Finding[] {
  // A name or a password makes fetch refuse it.
  if (!isHttpUrl(url)) {
    return [problem(NAME, `${which} is no http or https URL without a password`, 'correct SOLANA_RPC_URL')]
  }
  const findings: Finding[] = []
  if (!isServiceUrl(url)) {
    findings.push(
      warning(NAME, `${which} is not https: whoever is on the way can make balances up`, 'use https'),
    )
  }
  const { hostname } = new URL(url)
  if (PUBLIC_HOST.test(hostname)) {
    const detail = `${which} is public (${hostname}): it limits its callers, who then meet 503`
    findings.push(warning(NAME, detail, OWN))
  }
  return findings
}

function ofAnswer(
  { tookMs, problem: ill }: { readonly tookMs?: number; readonly problem?: string },
  which: string,
): Finding[] {
  if (ill !== undefined) {
    return [problem(NAME, `${which} cannot be relied on: ${ill}`, 'see that it runs, and its URL')]
  }
  if (tookMs === undefined) return []
  const detail = `${which} answers within ${Math.ceil(tookMs)} ms`
  return tookMs > SLOW_MS
    ? [warning(NAME, `${detail}, and every balance that is not cached waits for it`, 'use a nearer one')]
    : [fine(NAME, detail)]
}
