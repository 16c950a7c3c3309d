import type { Figure } from './scenario.js'

const HEADINGS = ['what', 'target', 'measured', '']

/** A figure's cells. A target that is missed says so. */
export function cellsOf({ what, target, measured, isMet }: Figure): string[] {
  return [what, target ?? '', measured, isMet === false ? 'missed' : '']
}

/** Prints figures, every column as wide as its widest cell. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map(cellsOf)
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** The same for Markdown, where every figure has its note too. */
export function formatMarkdownTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [...cellsOf(figure), figure.note ?? ''])
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`
  const headings = [...HEADINGS, 'absolute figures, the load']
  return [line(headings), `|${'---|'.repeat(headings.length)}`, ...rows.map(line)].join('\n')
}
