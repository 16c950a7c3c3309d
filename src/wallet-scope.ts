import type { WalletScope } from './access.js'
import { GateError } from './gate-error.js'

/** The scope of one wallet over records that name their owner in `field`. Frozen. */
export function createWalletScope<Field extends string>(address: string, field: Field): WalletScope<Field> {
  const ownerOf = (record: object) => (record as Record<string, unknown>)[field]
  return Object.freeze({
    address,
    filter: Object.freeze({ [field]: address }) as WalletScope<Field>['filter'],
    owns: (record: object | null | undefined) =>
      typeof record === 'object' && record !== null && ownerOf(record) === address,
    tag<Row extends object>(record: Row) {
      const owner = ownerOf(record)
      if (owner !== undefined && owner !== null && owner !== address) {
        throw new GateError('ERR_GATE_WALLET_SCOPE', [
          `the record's ${field} already names another wallet; it cannot be tagged with the request's`,
        ])
      }
      return { ...record, [field]: address } as Row & { readonly [Key in Field]: string }
    },
  })
}
