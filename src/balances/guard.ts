import type { CallOptions } from '../ports/call-options.js'

/** Stands between callers and an upstream: makes a call, or refuses to, or makes it wait for its turn. */
export type Guard = <T>(options: CallOptions, call: (own: CallOptions) => T | Promise<T>) => Promise<T>
