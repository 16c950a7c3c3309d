/** The most entries that a cache can be made for: room for all of them is taken when it is made. */
export const MOST_ENTRIES = 10_000_000

/** Whether a cache can be made for so many entries. */
export function isEntryCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_ENTRIES
}
