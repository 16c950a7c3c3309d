import type { Clock } from 'sallyport'
import { type MemoryStore, memoryStore } from 'sallyport/stores/memory'

/** A store that has to be waited for, so that its answers are kept, and what it was asked. */
export interface BenchStore {
  readonly store: MemoryStore
  readonly asked: {
    finds: number
    usageBatches: number
    usageRows: number
    /** As far as they were different, and never more than 1,000 of them: a count must not be the growth it looks for. */
    readonly routes: Set<string>
  }
}

const MOST_ROUTES = 1_000

/** Makes a store that keeps credentials in this process and no counts at all: what grows is the gate. */
export function createAsyncStore(clock: Clock): BenchStore {
  const inner = memoryStore({ clock })
  const asked = { finds: 0, usageBatches: 0, usageRows: 0, routes: new Set<string>() }
  const store: MemoryStore = {
    ...inner,
    async findCredential(lookup, call) {
      asked.finds++
      await Promise.resolve()
      return inner.findCredential(lookup, call)
    },
    async changesSince(cursor, call) {
      await Promise.resolve()
      return inner.changesSince(cursor, call)
    },
    async addUsage({ counts }) {
      asked.usageBatches++
      asked.usageRows += counts.length
      for (const { route } of counts) if (asked.routes.size < MOST_ROUTES) asked.routes.add(route)
    },
  }
  return { store, asked }
}
