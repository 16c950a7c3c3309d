/** How long the older of two secrets may count beside the newer, at most. */
export const MAX_OVERLAP_SECONDS: number = 30 * 86_400

/** Whether the older of two secrets may count for so long. */
export function isOverlap(seconds: unknown): seconds is number {
  return (
    Number.isSafeInteger(seconds) && (seconds as number) >= 0 && (seconds as number) <= MAX_OVERLAP_SECONDS
  )
}
