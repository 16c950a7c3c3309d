/** One page of a list: its items, and what to ask for as `after`; null behind the last of all. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** @param found - One more than `limit` where there are more. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  nameOf: (item: Item) => string,
): Page<Item> {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next: found.length > limit && last !== undefined ? nameOf(last) : null }
}

/** What `after` names: a time in milliseconds, a colon, an id. */
export function placeOf(after: string): { readonly ms: number; readonly id: string } {
  const colon = after.indexOf(':')
  const ms = Number(after.slice(0, Math.max(colon, 0)) || Number.NaN)
  if (!Number.isFinite(ms)) throw new Error('this names no entry to go on behind')
  return { ms, id: after.slice(colon + 1) }
}
