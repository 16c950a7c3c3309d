import type { SpendStore } from '../../src/ports/spend-store.js'
import type { ManualClock } from '../support/clock.js'

/** A store that answers at once, as the memory store does. */
export type PromptSpendStore = {
  readonly [Verb in keyof SpendStore]: (
    ...given: Parameters<SpendStore[Verb]>
  ) => Awaited<ReturnType<SpendStore[Verb]>>
}

/** A bug that a store may have. */
export interface SpendStoreBug {
  readonly bug: string
  /** What it breaks: how the name of a case begins. */
  readonly breaks: string
  plant(store: PromptSpendStore, clock: Pick<ManualClock, 'wallMs' | 'monotonicMs'>): Partial<SpendStore>
}
