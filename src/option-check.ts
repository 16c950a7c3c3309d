/** A sentence for every option that is not known: a misspelt requirement must not be an open door. */
export function unknownOptions(owner: string, options: object, known: readonly string[]): string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `${owner}.${name} is not an option; known are ${known.join(', ')}`)
}
