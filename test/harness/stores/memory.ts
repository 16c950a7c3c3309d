import { memoryStore } from 'sallyport/stores/memory'
import type { StoreHarness } from '../../contract/store-harness.js'

export const memoryHarness: StoreHarness = {
  name: 'memory',
  async open(clock) {
    const store = memoryStore({ clock })
    return {
      store,
      // What is in one process has one instance.
      another: async () => ({ ...store, close: async () => undefined }),
      close: () => store.close(),
    }
  },
}
