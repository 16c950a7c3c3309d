import fc from 'fast-check'
import { afterAll, describe, it } from 'vitest'
import type { SpendStore } from '../../src/ports/spend-store.js'
import { openSpendStore, type StoreHarness } from '../contract/store-harness.js'
import { ioredisHarness } from '../harness/stores/ioredis.js'
import { memoryHarness } from '../harness/stores/memory.js'
import { postgresHarness } from '../harness/stores/postgres.js'
import { sqliteHarness } from '../harness/stores/sqlite.js'
import { manualClock } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { schedules } from './schedules-commands.js'
import { runSchedule, type World } from './schedules-run.js'

const INSTANCES = 3

/** One store for all schedules, which share nothing in it but the clock. */
function worldOver(harness: StoreHarness): { readonly world: World; close(): Promise<void> } {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const opening = openSpendStore(harness, clock)
  const instances: SpendStore[] = []
  let turns = 0
  return {
    world: {
      clock,
      sweepsByItself: harness !== memoryHarness,
      async instance() {
        const { store, another } = await opening
        const at = turns++ % INSTANCES
        instances[at] ??= at === 0 ? store : await another()
        return instances[at]
      },
    },
    close: async () => (await opening).close(),
  }
}

for (const [harness, numRuns, maxSteps] of [
  [memoryHarness, 1_000, 60],
  [sqliteHarness, 100, 20],
  [postgresHarness, 100, 20],
  [ioredisHarness, 100, 20],
] as const) {
  const suite = () => {
    const { world, close } = worldOver(harness)
    afterAll(close)

    it(`is what a list that is added up anew each time would be, in ${numRuns} schedules`, async () => {
      const property = fc.asyncProperty(schedules(maxSteps), (schedule) => runSchedule(world, schedule))
      await fc.assert(property, { numRuns })
    }, 120_000)
  }
  const title = `the ledger of the store ${harness.name}`
  if (harness.server === undefined) describe(title, suite)
  else describeWithServer(title, harness.server, suite)
}
