import type { Command } from 'commander'
import { newSealingKey } from './new-sealing-key.js'
import { attempt } from './open-store.js'
import { runs } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'

/** Adds `sealing-key` and `reseal`: the keys that secrets at rest are sealed with. */
export function addSealing(program: Command): void {
  const print = program
    .command('sealing-key')
    .description('prints a new key for SALLYPORT_SEALING_KEYS: 32 random bytes in base64')
    .addHelpText('after', '\nExample:\n  $ sallyport sealing-key > sealing.key')
  runs(print, async () => {
    const sealingKey = newSealingKey()
    return { json: { sealingKey }, lines: [sealingKey] }
  })

  const reseal = withStore(
    program
      .command('reseal')
      .description('seals every secret anew that is not sealed with the first of SALLYPORT_SEALING_KEYS'),
  ).addHelpText(
    'after',
    '\nExample, once every instance has the new key first:\n  $ SALLYPORT_SEALING_KEYS="$NEW,$OLD" sallyport reseal',
  )
  runs<StoreOptions>(reseal, async (task) => {
    const { store } = await storeOf(task)
    const resealed = await attempt(() => store.reseal())
    return { json: { resealed }, lines: [], notes: [`sealed anew: ${resealed}`] }
  })
}
