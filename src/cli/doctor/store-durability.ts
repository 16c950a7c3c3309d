import type { OpenedStore } from '../opened-store.js'
import { type Finding, fine, problem, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'store-durability'

/** Whether what the store has acknowledged survives a crash. */
export async function checkDurability({ opened }: Subject): Promise<readonly Finding[]> {
  try {
    const open = await opened()
    if (open === undefined || open.kind === 'sqlite') return []
    const findings = open.kind === 'redis' ? await ofRedis(open) : await ofPostgres(open)
    return findings.length > 0 ? findings : [fine(NAME, 'what it has acknowledged survives a crash')]
  } catch {
    // That it does not answer is told elsewhere.
    return []
  }
}

const UNTOLD = 'a revocation that is lost makes an ended key count again'

async function ofPostgres({ setting }: OpenedStore): Promise<Finding[]> {
  const findings: Finding[] = []
  if ((await setting('fsync')) === 'off') {
    findings.push(
      problem(NAME, `fsync is off: a crash may destroy the database; ${UNTOLD}`, 'set fsync = on'),
    )
  }
  if ((await setting('synchronous_commit')) === 'off') {
    findings.push(
      problem(
        NAME,
        `synchronous_commit is off: a crash loses what was acknowledged last; ${UNTOLD}`,
        'set synchronous_commit = on, at least for the role of the application',
      ),
    )
  }
  return findings
}

async function ofRedis({ setting }: OpenedStore): Promise<Finding[]> {
  const [appendOnly, appendFsync, policy, maxMemory] = await Promise.all(
    ['appendonly', 'appendfsync', 'maxmemory-policy', 'maxmemory'].map(setting),
  )
  return [...ofAppending(appendOnly, appendFsync), ...ofEviction(policy, maxMemory)]
}

function ofAppending(appendOnly: string | undefined, appendFsync: string | undefined): Finding[] {
  if (appendOnly === undefined) {
    return [
      warning(
        NAME,
        'Redis does not tell whether it keeps what it has acknowledged',
        'ask your provider for appendonly yes and appendfsync always',
      ),
    ]
  }
  if (appendOnly !== 'yes') {
    return [
      problem(
        NAME,
        `appendonly is off: a restart loses minutes or all there is; ${UNTOLD}`,
        'set appendonly yes and appendfsync always',
      ),
    ]
  }
  if (appendFsync === 'always') return []
  const said =
    appendFsync === undefined ? 'Redis does not tell its appendfsync' : `appendfsync is ${appendFsync}`
  const lost = `${said}: a crash may lose the last second or more; ${UNTOLD}`
  return [warning(NAME, lost, 'set appendfsync always')]
}

function ofEviction(policy: string | undefined, maxMemory: string | undefined): Finding[] {
  if (policy === 'noeviction') return []
  const remedy = 'set maxmemory-policy noeviction'
  if (policy === undefined) {
    return [warning(NAME, 'Redis does not tell its maxmemory-policy', `${remedy}, where it is another`)]
  }
  const forgets = policy.startsWith('volatile')
    ? 'forgets claims, so that a used token can be used again'
    : 'forgets credentials and claims'
  const said = `maxmemory-policy is ${policy}: Redis ${forgets}, when memory runs short`
  return [maxMemory === '0' ? warning(NAME, said, remedy) : problem(NAME, said, remedy)]
}
