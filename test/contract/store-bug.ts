import type { Store } from '../../src/ports/store.js'

/** A store that answers at once, as the memory store does. */
export type PromptStore = {
  readonly [Verb in keyof Store]: (...given: Parameters<Store[Verb]>) => Awaited<ReturnType<Store[Verb]>>
}

/** A bug that a store may have. */
export interface StoreBug {
  readonly bug: string
  /** What it breaks: how the name of a case begins. */
  readonly breaks: string
  plant(store: PromptStore): Partial<Store>
}
