import type { SpendStore } from '../ports/spend-store.js'
import type { Store } from '../ports/store.js'

/** A store that does what a test says instead of answering. */
export interface StoreFaults {
  /** The verbs that fail, or all of them; `undefined` heals it. */
  failing: readonly (keyof Store | keyof SpendStore)[] | 'all' | undefined
  /** How they fail: with a rejection, or by never answering. Default `reject`. */
  manner: 'reject' | 'hang'
}

/**
 * A store over another that fails when it is told to.
 *
 * @example
 * const { store, faults } = faultyStore(memoryStore())
 * faults.failing = 'all'
 */
export function faultyStore<S extends Store>(inner: S): { readonly store: S; readonly faults: StoreFaults } {
  const faults: StoreFaults = { failing: undefined, manner: 'reject' }
  const isFailing = (verb: string | symbol) =>
    faults.failing === 'all' || (faults.failing as readonly (string | symbol)[] | undefined)?.includes(verb)

  const store = new Proxy(inner, {
    get(target, verb, receiver) {
      const value: unknown = Reflect.get(target, verb, receiver)
      if (typeof value !== 'function') return value
      return (...call: unknown[]) => {
        if (isFailing(verb) !== true) return value.apply(target, call) as unknown
        return faults.manner === 'hang'
          ? new Promise<never>(() => undefined)
          : Promise.reject(new Error(`the store is down (${String(verb)})`))
      }
    },
  })
  return { store, faults }
}
