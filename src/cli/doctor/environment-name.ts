import { type Finding, fine, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'environment'

/** Whether the credentials that are stored exist in this environment. */
export async function checkEnvironment({ credentials, environment }: Subject): Promise<readonly Finding[]> {
  const stored = await credentials().catch(() => [])
  const live = stored.filter(({ status }) => status !== 'revoked')
  const elsewhere = live.filter((one) => one.environment !== null && one.environment !== environment)
  if (elsewhere.length > 0) {
    const here = environment === undefined ? 'and none is named here' : 'than the one that is named'
    const detail = `${elsewhere.length} of ${live.length} credentials are for another environment, ${here}: they do not exist for this gate`
    return [
      warning(NAME, detail, 'name the environment in SALLYPORT_ENVIRONMENT and createGate, if it is theirs'),
    ]
  }
  return environment === undefined ? [] : [fine(NAME, 'no credential is for another one')]
}
