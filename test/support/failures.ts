/** An answer that never comes. */
export const never = () => new Promise<never>(() => undefined)

/** Something to call that throws, for whatever a port, a hook or a policy can do wrong. */
export function throwing(cause: unknown = new Error('down')): () => never {
  return () => {
    throw cause
  }
}

/** Something that is only almost a promise: whatever is done with its `then`, nothing comes back from it. */
export function thenable(
  then: (resolve: (value: unknown) => void, reject: (cause: unknown) => void) => void,
): object {
  const value: typeof then = (resolve, reject) => {
    then(resolve, reject)
  }
  return Object.defineProperty({}, 'then', { value })
}

/** Something that does not even let itself be looked at. */
export function untouchable(): object {
  return Object.defineProperty({}, 'then', { get: throwing() })
}
