/** Reads what a script answered, whatever types the host's client makes of texts and numbers. */
export function textOf(reply: unknown): string {
  if (typeof reply === 'string') return reply
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString('utf8')
  throw new Error('Redis answered no text where one was expected')
}

/** A reply that must be a list. */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw new Error('Redis answered no list where one was expected')
}

/** A reply that must be a number. */
export function numberOf(reply: unknown): number {
  const text = textOf(reply)
  const number = Number(text)
  if (text === '' || Number.isNaN(number)) throw new Error('Redis answered no number where one was expected')
  return number
}

/** The answer of a script that says yes or no. */
export function yesOf(reply: unknown): boolean {
  const text = textOf(reply)
  if (text !== 'yes' && text !== 'no') throw new Error('Redis answered neither yes nor no')
  return text === 'yes'
}

/** Fails, before anything is written, where a number is none: what Lua cannot read would end a script halfway. */
export function checkedText(name: string, value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${name} must be a finite number`)
  return String(value)
}

/** As {@link checkedText}, for numbers that are counted with. */
export function checkedInteger(name: string, value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${name} must be a whole number`)
  return String(value)
}

/** A reply that must be an amount. */
export function amountOf(reply: unknown): bigint {
  const text = textOf(reply)
  if (!/^\d+$/.test(text)) throw new Error('Redis answered no amount where one was expected')
  return BigInt(text)
}

/** As {@link checkedText}, for amounts. */
export function checkedAmount(name: string, value: bigint): string {
  if (typeof value !== 'bigint' || value < 0n)
    throw new TypeError(`${name} must be a bigint, and not negative`)
  return String(value)
}
