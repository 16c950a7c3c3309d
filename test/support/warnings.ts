/** What the process was warned of while `act` ran. Nothing of it is printed. */
export async function warningsDuring(act: () => unknown): Promise<string[]> {
  const told: string[] = []
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, type?: unknown) => {
    told.push(`${typeof type === 'string' ? type : 'Warning'}: ${String(warning)}`)
  }) as typeof process.emitWarning
  try {
    await act()
  } finally {
    process.emitWarning = emitWarning
  }
  return told
}
