import type { Command } from 'commander'
import { wrongUsage } from './failure.js'
import { attempt } from './open-store.js'
import { runs } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'

// An index over many rows takes its time.
const TIMEOUT_MS = 600_000

/** Adds `migrate`: the tables of an SQL store. */
export function addMigrate(program: Command): void {
  const command = withStore(
    program.command('migrate').description('makes the tables of an SQL store, or brings them up to date'),
  ).addHelpText('after', '\nExample:\n  $ SALLYPORT_STORE=postgres://db.internal/shop sallyport migrate')
  runs<StoreOptions>(command, async (task) => {
    const { migrate } = await storeOf(task, { sealing: false, mayCreate: true, timeoutMs: TIMEOUT_MS })
    if (migrate === undefined) throw wrongUsage('a Redis store has no tables')
    await attempt(migrate)
    return { json: { migrated: true }, lines: [], notes: ['the tables are up to date'] }
  })
}
