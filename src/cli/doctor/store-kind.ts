import { type Finding, fine, problem, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'store'
const DURABLE = 'use SQLite, PostgreSQL or Redis, and name it in SALLYPORT_STORE'

/** Whether the store is of a kind that so many instances can share. */
export function checkStoreKind({ address, instances }: Subject): readonly Finding[] {
  if (address === undefined || address.kind === 'memory') {
    const what = address === undefined ? 'no store is named' : 'the store is in memory'
    return [
      instances > 1
        ? problem(
            NAME,
            `${what}: each of ${instances} instances has its own, so a key counts on one of them alone, a revocation too, and a token can be replayed on the next`,
            DURABLE,
          )
        : warning(NAME, `${what}: every credential and revocation is gone when the process ends`, DURABLE),
    ]
  }
  if (address.kind === 'sqlite' && instances > 1) {
    return [
      warning(
        NAME,
        `SQLite is for the processes of one machine; ${instances} instances on several machines would each have a store of their own`,
        'keep them on one machine, or use PostgreSQL or Redis',
      ),
    ]
  }
  return [
    fine(NAME, `${NAMES[address.kind]}, for ${instances === 1 ? '1 instance' : `${instances} instances`}`),
  ]
}

const NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL', redis: 'Redis' } as const
