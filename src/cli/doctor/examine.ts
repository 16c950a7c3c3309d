import type { CredentialDetails } from '../../credentials/details.js'
import { isHttpUrl } from '../../service-url.js'
import { attempt } from '../open-store.js'
import type { OpenedStore } from '../opened-store.js'
import { readAll } from '../read-all.js'
import { checks } from './checks.js'
import type { Finding } from './finding.js'
import { askNode, type NodeAnswer } from './node-exchange.js'
import type { Subject } from './subject.js'

// An examination of a large store must end too.
const ENOUGH = 10_000

/** What is known of a configuration before anything is asked. */
export type Known = Omit<Subject, 'opened' | 'credentials' | 'nodes'>

/**
 * Makes every check. What several need is asked once.
 *
 * @param open - Opens the store; `undefined` where there is none to open.
 */
export async function examine(
  known: Known,
  open: () => Promise<OpenedStore | undefined>,
): Promise<readonly Finding[]> {
  const opened = once(open)
  const subject: Subject = {
    ...known,
    opened,
    credentials: once(async (): Promise<readonly CredentialDetails[]> => {
      const store = await opened()
      return store === undefined ? [] : attempt(() => readAll(store.store, { revoked: true }, ENOUGH))
    }),
    nodes: once(() => Promise.all(known.rpcUrls.map(answerOf))),
  }
  const findings = await Promise.all(checks.map((check) => check(subject)))
  return findings.flat()
}

async function answerOf(url: string): Promise<NodeAnswer> {
  return isHttpUrl(url) ? askNode(url) : {}
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
