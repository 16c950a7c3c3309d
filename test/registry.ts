/**
 * Every plug-in, by the name of its file: the contract suites run over these, and `contract.test.ts` fails for a file
 * without an entry.
 */
export const adapters = {}

export const methods = {}

export const balanceSources = {}

export const stores = {}
