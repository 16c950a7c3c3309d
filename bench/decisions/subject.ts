/** One way to do a thing, which is timed beside others. */
export interface Subject {
  readonly name: string
  /** How often it is done in a round. */
  readonly operations: number
  /** Makes ready, without being timed, what `count` operations take; what it answers is timed. */
  prepare(count: number): Prepared | Promise<Prepared>
}

type Prepared = () => void | Promise<void>

/**
 * A subject that answers at once.
 *
 * @param operate - Must look at what it gets, so that nothing can be left out.
 */
export function atOnce<Input>(
  name: string,
  operations: number,
  makeInput: () => Input,
  operate: (input: Input) => void,
): Subject {
  return {
    name,
    operations,
    prepare(count) {
      const inputs = Array.from({ length: count }, makeInput)
      return () => {
        for (const input of inputs) operate(input)
      }
    },
  }
}

/** A subject whose answers are awaited, one after another. */
export function awaited<Input>(
  name: string,
  operations: number,
  makeInput: () => Input,
  operate: (input: Input) => Promise<void>,
): Subject {
  return {
    name,
    operations,
    prepare(count) {
      const inputs = Array.from({ length: count }, makeInput)
      return async () => {
        for (const input of inputs) await operate(input)
      }
    },
  }
}

/** The same text in a string of its own every time, as it comes off a socket: no hash of it is known yet. */
export function freshCopies(text: string): () => string {
  const bytes = Buffer.from(text, 'latin1')
  return () => bytes.toString('latin1')
}
