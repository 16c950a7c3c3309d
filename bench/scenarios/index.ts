import type { Scenario } from '../scenario.js'
import { chain } from './chain.js'
import { decisions } from './decisions.js'
import { imports } from './import.js'
import { memory } from './memory.js'
import { servers } from './servers.js'
import { spending } from './spending.js'

/** Every scenario, in the order in which they run. */
export const scenarios: readonly Scenario[] = [servers, decisions, imports, memory, chain, spending]
