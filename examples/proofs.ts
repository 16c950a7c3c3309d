/** A record of the merchant's. `ownerWallet` says whose it is. */
export interface Proof {
  readonly taskId: string
  readonly ownerWallet: string
}

/** The merchant's data: a table in memory will do for an example. */
export function createProofs() {
  const rows: Proof[] = []
  return {
    add(proof: Proof): Proof {
      rows.push(proof)
      return proof
    },
    /** The rows that `owns` says yes to. */
    list: (owns: (proof: Proof) => boolean): Proof[] => rows.filter(owns),
  }
}
