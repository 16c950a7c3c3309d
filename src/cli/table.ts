// What a terminal would obey, or show as something else than it is.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu
const MAX_DATE_MS = 8.64e15

/** Rows below their heads, each column as wide as its longest cell. */
export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const shown = [heads, ...rows].map((row) => row.map(visible))
  const widths = heads.map((_, at) => Math.max(...shown.map((row) => row[at]?.length ?? 0)))
  return shown.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A text that says on a terminal what it is. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, '\uFFFD')
}

/** A time in UTC, to the second; a dash where there is none. */
export function timeOf(ms: number | null): string {
  if (ms === null) return '-'
  return Math.abs(ms) > MAX_DATE_MS ? String(ms) : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
