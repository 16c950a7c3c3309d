import { memoryStore } from 'sallyport/stores/memory'
import type { StoreHarness } from '../../contract/store-harness.js'

export const memoryHarness: StoreHarness = {
  name: 'memory',
  open: async (clock) => ({ store: memoryStore({ clock }), close: async () => undefined }),
}
