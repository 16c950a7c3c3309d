const SHRINK_FROM = 1_024

/** What came first leaves first. */
export interface Queue<Item> {
  add(item: Item): void
  /** Takes away the oldest where there are more than so many. */
  takeBeyond(most: number): Item | undefined
}

/** A queue: a map whose first key is deleted again and again is slow to find the next one. */
export function createQueue<Item>(): Queue<Item> {
  let items: (Item | undefined)[] = []
  let first = 0
  return {
    add(item) {
      items.push(item)
    },
    takeBeyond(most) {
      if (items.length - first <= most) return undefined
      const oldest = items[first]
      items[first++] = undefined
      if (first > SHRINK_FROM && first * 2 > items.length) {
        items = items.slice(first)
        first = 0
      }
      return oldest
    },
  }
}
