import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'sallyport/stores/sqlite'
import type { StoreHarness } from '../../contract/store-harness.js'
import { SEALING_KEY } from './sealing-key.js'

export const sqliteHarness: StoreHarness = {
  name: 'sqlite',
  async open(clock) {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-'))
    const open = () => sqliteStore({ file: join(folder, 'store.db'), sealingKeys: [SEALING_KEY], clock })
    const store = open()
    return {
      store,
      another: async () => open(),
      async close() {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
}
