import { sealingKeyProblems } from '../../credentials/sealing.js'
import { failureOfStore } from '../failure.js'
import { type Finding, fine, problem } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'sealing-keys'
const REMEDY = 'put one in SALLYPORT_SEALING_KEYS: sallyport sealing-key prints it'
// 32 random bytes with fewer than these are seen by nobody.
const LEAST_DISTINCT_BYTES = 16

/** Whether the secrets that are stored can be opened, and by nobody else. */
export async function checkSealingKeys(subject: Subject): Promise<readonly Finding[]> {
  const { address, sealingKeys } = subject
  if (address === undefined || address.kind === 'memory') return []
  if (sealingKeys.length === 0) {
    return [problem(NAME, 'no sealing key is named: a durable store keeps no secret without one', REMEDY)]
  }
  if (sealingKeyProblems(NAME, sealingKeys).length > 0) {
    return [problem(NAME, 'a sealing key is not 32 bytes in base64: the store refuses it', REMEDY)]
  }
  if (sealingKeys.some((key) => new Set(Buffer.from(key, 'base64')).size < LEAST_DISTINCT_BYTES)) {
    return [problem(NAME, 'a sealing key is not random: who has a copy of the store opens it', REMEDY)]
  }
  const unopened = await subject.credentials().then(
    () => undefined,
    (error: unknown) => failureOfStore(error).message,
  )
  const [unsealed] =
    /a stored secret is [^:]*|unable to authenticate data|cannot be read/.exec(unopened ?? '') ?? []
  if (unsealed !== undefined) {
    return [
      problem(
        NAME,
        `a stored credential does not open (${unsealed}): its tokens are answered with 503`,
        'put the key that it was sealed with behind the newest one, then run sallyport reseal',
      ),
    ]
  }
  return [fine(NAME, unopened === undefined ? 'stored secrets open' : 'of the right form')]
}
