import type { SpendStoreBug } from './spend-store-bug.js'
import { observingBugs } from './spend-store-bugs-observing.js'
import { recordBugs } from './spend-store-bugs-records.js'
import { takingBugs } from './spend-store-bugs-reserving.js'
import { endingBugs } from './spend-store-bugs-settling.js'

/** Everything that a store may get wrong of what spending is decided with. */
export const spendStoreBugs: readonly SpendStoreBug[] = [
  ...recordBugs,
  ...takingBugs,
  ...endingBugs,
  ...observingBugs,
]
