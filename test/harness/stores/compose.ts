import { composeStore } from 'sallyport/stores/compose'
import { memoryStore } from 'sallyport/stores/memory'
import type { StoreHarness } from '../../contract/store-harness.js'

export const composeHarness: StoreHarness = {
  name: 'composed of two',
  async open(clock) {
    const [durable, shared] = [memoryStore({ clock }), memoryStore({ clock })]
    const open = () => composeStore({ durable, shared, clock })
    const store = open()
    return { store, another: async () => open(), close: () => store.close() }
  },
}
