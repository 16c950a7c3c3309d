import { GateError } from 'sallyport'

/** The problems that a call is refused with, all of them. */
export function problemsOf(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_GATE_OPTIONS') return error.problems
    throw error
  }
  throw new Error('nothing was refused')
}
