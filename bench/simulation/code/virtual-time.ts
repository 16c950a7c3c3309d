import type { Clock } from 'sallyport'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** A clock and timers that only move when they are told to. */
export interface VirtualTime {
  readonly clock: Clock
  /** Runs what is due until then, in order, each with all that follows from it. */
  advanceTo(nowMs: number): Promise<void>
  /** Gives the process its own timers back. */
  end(): void
}

// Longer than any chain of promises here.
const TURNS = 8
const START_MS = Date.UTC(2026, 0, 1)

/** Puts virtual timers in the place of the process's own, for as long as the code under test runs by them. */
export function beginVirtualTime(): VirtualTime {
  const { setTimeout, clearTimeout } = globalThis
  const timers = new Map<number, Timer>()
  let nowMs = 0
  let made = 0

  function begin(run: () => void, delayMs = 0) {
    const id = ++made
    timers.set(id, { atMs: nowMs + delayMs, run })
    return { id, unref() {}, ref() {} }
  }
  globalThis.setTimeout = begin as unknown as typeof setTimeout
  globalThis.clearTimeout = ((timer?: { id: number }) =>
    void timers.delete(timer?.id ?? 0)) as unknown as typeof clearTimeout

  async function settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  function takeNext(untilMs: number): Timer | undefined {
    let next: [number, Timer] | undefined
    for (const entry of timers) if (next === undefined || entry[1].atMs < next[1].atMs) next = entry
    if (next === undefined || next[1].atMs > untilMs) return undefined
    timers.delete(next[0])
    return next[1]
  }

  return {
    clock: { wallMs: () => START_MS + nowMs, monotonicMs: () => nowMs },
    async advanceTo(untilMs) {
      await settle()
      for (let timer = takeNext(untilMs); timer !== undefined; timer = takeNext(untilMs)) {
        nowMs = timer.atMs
        timer.run()
        await settle()
      }
      nowMs = untilMs
    },
    end() {
      globalThis.setTimeout = setTimeout
      globalThis.clearTimeout = clearTimeout
    },
  }
}
