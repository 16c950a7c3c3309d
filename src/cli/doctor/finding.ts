/** What one check has found. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'problem'
  /** What is so, and what will hurt. Nothing secret. */
  readonly detail: string
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null
}

/** Whatever needs no doing. */
export function fine(name: string, detail: string): Finding {
  return { name, status: 'ok', detail, remedy: null }
}

/** What may hurt. */
export function warning(name: string, detail: string, remedy: string): Finding {
  return { name, status: 'warning', detail, remedy }
}

/** What will hurt. */
export function problem(name: string, detail: string, remedy: string): Finding {
  return { name, status: 'problem', detail, remedy }
}
