import type { Reservation } from '../../ports/spend-store.js'

const SHRINK_FROM = 1_024

/** What is held, by when its time is over. */
export interface Deadlines {
  add(held: Reservation): void
  /** Takes one away whose time is over; `undefined` where there is none. It may have been settled. */
  takeOver(nowMs: number): Reservation | undefined
}

/** A heap of deadlines. It drops what is no longer held when that is more than half of it. */
export function createDeadlines(isHeld: (reservation: Reservation) => boolean): Deadlines {
  let heap: Reservation[] = []
  let shrinkAt = SHRINK_FROM

  const endOf = (at: number) => heap[at]?.expiresAtMs ?? Number.POSITIVE_INFINITY

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]]
    if (one === undefined || other === undefined) return
    heap[a] = other
    heap[b] = one
  }

  function rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1
      if (endOf(parent) <= endOf(at)) return
      swap(parent, at)
      at = parent
    }
  }

  function sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const child = endOf(right) < endOf(left) ? right : left
      if (endOf(at) <= endOf(child)) return
      swap(at, child)
      at = child
    }
  }

  function shrink(): void {
    if (heap.length < shrinkAt) return
    // Sorted, it is a heap.
    heap = heap.filter(isHeld).sort((a, b) => a.expiresAtMs - b.expiresAtMs)
    shrinkAt = Math.max(SHRINK_FROM, heap.length * 2)
  }

  return {
    add(held) {
      shrink()
      heap.push(held)
      rise(heap.length - 1)
    },
    takeOver(nowMs) {
      if (endOf(0) > nowMs) return undefined
      const [first] = heap
      const last = heap.pop()
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last
        sink()
      }
      return first
    },
  }
}
