/** What a test has opened. It is closed whatever happens, the last first. */
export interface Scope {
  /** Answers what it is given. */
  keep<T extends { close(): unknown }>(opened: T): T
  onEnd(close: () => unknown): void
}

/** Tests run beside one another, so that each must end what is its own and nothing else. */
export async function withScope<T>(use: (scope: Scope) => Promise<T>): Promise<T> {
  const closers: (() => unknown)[] = []
  const scope: Scope = {
    keep(opened) {
      closers.push(() => opened.close())
      return opened
    },
    onEnd(close) {
      closers.push(close)
    },
  }
  try {
    return await use(scope)
  } finally {
    const failures: unknown[] = []
    for (const close of closers.toReversed()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) console.error('what a test had opened does not close', failures)
  }
}
