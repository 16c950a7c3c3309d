import { never, throwing } from '../../support/failures.js'
import type { TableStore } from '../../support/records.js'

/** How the store a method looks in fails, and how each failure tells all it knows. */
export function storeOutages(store: TableStore, secrets: readonly string[]) {
  const gossip = `no answer for ${secrets.join(' and ')} from redis://gate:${secrets[0]}@10.0.0.7/0`
  const faults: readonly (readonly [how: string, fault: () => unknown])[] = [
    ['a store that throws', throwing(new Error(gossip))],
    ['a store that throws no error', throwing(gossip)],
    ['a store that rejects', () => Promise.reject(new Error('down', { cause: new Error(gossip) }))],
    ['a store that hangs', never],
    ['a store that answers a row of nobody', () => ({ id: 'x' })],
    ['a store that answers an empty text', async () => ''],
  ]
  return faults.map(([how, fault]) => {
    const begin = () => {
      store.fault = fault
    }
    return [how, begin] as const
  })
}
